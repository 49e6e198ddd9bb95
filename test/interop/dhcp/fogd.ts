import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode, type Packet } from '#services/dhcp/packet.js';
import type { DhcpSettings } from '#settings/schema.js';
import type { Decision } from '#trace/decision.js';
import type { Program, Segment } from './segment.js';
import type { ServeConfig } from './serve.js';

export const FILES = ['undionly.kpxe', 'snponly.efi', 'i386-efi/snponly.efi'];

export function serverSettings(changes: Partial<DhcpSettings> = {}): DhcpSettings {
  return {
    mode: 'server',
    interfaces: ['eth0'],
    authoritative: true,
    probe: false,
    lease_seconds: 3600,
    classes: [],
    hosts: [],
    subnets: [
      {
        network: '10.77.0.0/24',
        ranges: ['10.77.0.100-10.77.0.199'],
        router: '10.77.0.1',
        dns: ['10.77.0.1'],
        domain: 'lab.example',
      },
    ],
    ...changes,
  };
}

export function proxySettings(): DhcpSettings {
  return serverSettings({ mode: 'proxy', subnets: [] });
}

/** The DHCP service of fogd, running on a host of a segment. */
export class RunningDhcp {
  private constructor(readonly program: Program) {}

  static async start(
    segment: Segment,
    role: string,
    config: Omit<ServeConfig, 'files'>,
  ): Promise<RunningDhcp> {
    const running = RunningDhcp.launch(segment, role, config);
    await running.program.waitFor('ready\n');
    return running;
  }

  /** Without waiting: for starts that are to fail. */
  static launch(
    segment: Segment,
    role: string,
    config: Omit<ServeConfig, 'files'>,
    wrap: readonly string[] = [],
  ): RunningDhcp {
    const file = segment.file(`fogd-${role}-${Math.random()}.json`);
    writeFileSync(file, JSON.stringify({ files: FILES, ...config }));
    const argv = [process.execPath, join(import.meta.dirname, 'serve.js'), file];
    return new RunningDhcp(segment.start(role, argv, { wrap }));
  }

  get records(): Decision[] {
    return this.program.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Decision);
  }

  /** Waits for a record that matches. */
  async record(what: string, matches: (record: Decision) => boolean): Promise<Decision> {
    return await this.program.until(what, () => this.records.find(matches));
  }

  async health(): Promise<string> {
    const before = this.program.output.length;
    this.program.write('health');
    return await this.program.until('health', (output) => /^health (.*)$/m.exec(output.slice(before))?.[1]);
  }
}

/** A client of bytes on a host of a segment. */
export class Probe {
  private constructor(private readonly program: Program) {}

  static async start(segment: Segment, role: string, port = 68): Promise<Probe> {
    const program = segment.start(role, [
      process.execPath,
      join(import.meta.dirname, 'probe.js'),
      'eth0',
      String(port),
    ]);
    await program.waitFor('ready\n');
    return new Probe(program);
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }

  send(bytes: Buffer, to = '255.255.255.255', port = 67): void {
    this.program.write(`${bytes.toString('hex')} ${to} ${port}`);
  }

  /** Every DHCP packet that came in, with its source. */
  get received(): Array<{ packet: Packet; from: string }> {
    return this.program.output.split('\n').flatMap((line) => {
      const match = /^([0-9a-f]+) (\S+) (\d+)$/.exec(line);
      const decoded = match?.[1] === undefined ? undefined : decode(Buffer.from(match[1], 'hex'));
      return decoded?.ok ? [{ packet: decoded.packet, from: `${match?.[2]}:${match?.[3]}` }] : [];
    });
  }

  /** Sends, and waits for the first answer from this host with the same transaction number. */
  async ask(packet: Packet, server: string, to?: string, port?: number): Promise<Packet> {
    this.send(encode(packet), to, port);
    return await this.program.until(`answer from ${server}`, () => {
      const found = this.received.find(
        (one) => one.packet.xid === packet.xid && one.from.startsWith(`${server}:`),
      );
      return found?.packet;
    });
  }
}
