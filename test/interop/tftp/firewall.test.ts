import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '#trace/decision.js';
import { type LabHost, LabNetwork } from '../../lab/network.js';
import { LabProcess, mustRun } from '../../lab/process.js';
import { atftpWindow, busybox, curl } from './clients.js';
import type { ServeConfig, Status } from './serve.js';

/** fogd on one host of a segment, clients on another, nft in between. */
let network: LabNetwork;
let client: LabHost;
let server: LabProcess;

const content = randomBytes(200_000);
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const file = (name: string): string => join(network.folder, name);

beforeAll(async () => {
  network = await LabNetwork.create();
  client = await network.addHost('pc', { address: 11 });
  // More addresses of the server: answers must come from the one that was asked, and ACKs to the last one never arrive.
  for (const address of ['10.77.0.2/24', '10.77.0.3/24']) {
    await mustRun(['ip', '-n', network.server.namespace, 'addr', 'add', address, 'dev', 'eth0']);
  }
  mkdirSync(file('served'));
  writeFileSync(file('served/boot.efi'), content);
  const config: ServeConfig = { folder: file('served'), portRange: '50000-50003' };
  server = new LabProcess(network.cleanup, {
    namespace: network.server.namespace,
    argv: [process.execPath, join(import.meta.dirname, 'serve.js'), JSON.stringify(config)],
    logFile: file('fogd.log'),
  });
  await server.waitForOutput('ready');
  await filter([]);
  // Begun here, since a server is patient: the last test looks at what came of it.
  const stalled = new LabProcess(network.cleanup, {
    namespace: client.namespace,
    argv: ['busybox', 'tftp', '-g', '-b', '1428', '-r', 'boot.efi', '-l', file('stalled'), '10.77.0.3'],
    logFile: file('stalled.log'),
  });
  for (let asked = 1, running = 0; running === 0; asked++) {
    server.write(`${asked}\n`);
    await server.waitForOutput(`status ${asked} `);
    const line = new RegExp(`^status ${asked} (.*)$`, 'm').exec(server.output)?.[1] ?? '';
    running = (JSON.parse(line) as Status).running;
  }
  await stalled.stop();
});

afterAll(() => network.close());

const records = (): Decision[] =>
  server.output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Decision);

async function filter(rules: readonly string[]): Promise<void> {
  const hook = 'type filter hook forward priority 0; policy accept;';
  const input = `flush ruleset\ntable bridge t { chain f { ${hook}\nip daddr 10.77.0.3 udp dport != 69 drop\n${rules.join('\n')}\n}\n}\n`;
  await mustRun(['nft', '-f', '-'], { namespace: network.switchNamespace, input });
}

let copies = 0;
async function fetch(by: typeof curl, host = '10.77.0.1', blockSize = 1428): Promise<Buffer> {
  const local = file(`copy-${++copies}`);
  await by.fetch({ namespace: client.namespace, host, port: 69, remote: 'boot.efi', local, blockSize });
  return readFileSync(local);
}

describe('with a filter between client and server', () => {
  it('works where only 69 and the range are let through', async () => {
    await filter(['ip daddr 10.77.0.1 udp dport != { 69, 50000-50003 } drop']);
    for (const by of [curl, busybox]) expect(digest(await fetch(by))).toBe(digest(content));
  });

  it('answers from the address that was asked', async () => {
    await filter(['ip saddr 10.77.0.1 udp sport != 53 drop']);
    expect(digest(await fetch(curl, '10.77.0.2'))).toBe(digest(content));
  });

  it('works where only 69 is let through when all is sent from there', async () => {
    const single = await network.addHost('single', { address: 4 });
    const config: ServeConfig = { folder: file('served'), portRange: 'single' };
    const other = new LabProcess(network.cleanup, {
      namespace: single.namespace,
      argv: [process.execPath, join(import.meta.dirname, 'serve.js'), JSON.stringify(config)],
      logFile: file('single.log'),
    });
    await other.waitForOutput('ready');
    await filter(['ip daddr 10.77.0.4 udp dport != 69 drop', 'ip saddr 10.77.0.4 udp sport != 69 drop']);
    for (const by of [curl, atftpWindow, busybox])
      expect(digest(await fetch(by, '10.77.0.4'))).toBe(digest(content));
    await other.stop();
  });

  // Blocks only: atftp ends a transfer when the OACK comes twice, and is silent for five seconds when the ACK of a window is lost.
  it('atftp in windows gets it right with 5 % of all blocks lost, and is not kept waiting', async () => {
    await filter(['udp length > 1000 numgen random mod 100 < 5 drop']);
    for (let round = 0; round < 5; round++) expect(digest(await fetch(atftpWindow))).toBe(digest(content));
    const sent = records().filter(({ facts }) => String(facts?.options).includes('windowsize'));
    expect(sent.slice(-5).every(({ facts }) => Number(facts?.ms) < 4_000)).toBe(true);
  });

  it('windows of blocks that are larger than a frame, up to the largest there are, go block by block', async () => {
    const large = await network.addHost('large', { address: 5 });
    const config: ServeConfig = { folder: file('served'), portRange: '50000', maxBlockSize: 65_464 };
    const other = new LabProcess(network.cleanup, {
      namespace: large.namespace,
      argv: [process.execPath, join(import.meta.dirname, 'serve.js'), JSON.stringify(config)],
      logFile: file('large.log'),
    });
    await other.waitForOutput('ready');
    await filter([]);
    // A block of 65,464 with its header is more than one datagram may be for the kernel to take apart: that was tried for ever.
    for (const size of [1428, 8192, 40_000, 65_464, 1428])
      expect(digest(await fetch(atftpWindow, '10.77.0.5', size)), String(size)).toBe(digest(content));
    await other.stop();
  });

  it.each([curl, busybox])('$name gets it right with 5 % of all packets lost', async (by) => {
    await filter(['ip protocol udp numgen random mod 100 < 5 drop']);
    expect(digest(await fetch(by))).toBe(digest(content));
  });
});

describe('on the wire', () => {
  it('tshark finds nothing malformed in what is sent', async () => {
    await filter([]);
    const capture = new LabProcess(network.cleanup, {
      namespace: network.switchNamespace,
      argv: ['tcpdump', '-i', 'br0', '-U', '--immediate-mode', '-B', '16384', '-w', file('tftp.pcap'), 'udp'],
      logFile: file('tcpdump.log'),
    });
    await capture.waitForOutput('listening on');
    for (const by of [curl, busybox]) await fetch(by);
    await fetch(curl, '10.77.0.1', 512);
    const local = file('none');
    const missing = { namespace: client.namespace, host: '10.77.0.1', port: 69, remote: 'none', local };
    await expect(curl.fetch({ ...missing, blockSize: 512 })).rejects.toThrow();
    // The answer to the last request is the last packet: under load tcpdump is some packets behind.
    const lastAnswer = Buffer.from([0, 5, 0, 1]);
    await expect.poll(() => readFileSync(file('tftp.pcap')).includes(lastAnswer)).toBe(true);
    await capture.stop();
    const fields = ['-T', 'fields', '-e', 'tftp.opcode', '-e', '_ws.malformed', '-e', '_ws.expert.severity'];
    const sent = await mustRun([
      'tshark',
      '-n',
      '-r',
      file('tftp.pcap'),
      '-d',
      'udp.port==50000-50003,tftp',
      '-Y',
      'ip.src == 10.77.0.1 && udp',
      ...fields,
    ]);
    const lines = sent.trim().split('\n');
    const opcodes = new Map<string, number>();
    for (const line of lines) {
      const [opcode = '', ...notes] = line.split('\t');
      opcodes.set(opcode, (opcodes.get(opcode) ?? 0) + 1);
      // An ERROR is marked as a note (severity warning or below is no malformation); nothing else is marked at all.
      if (opcode !== '5') expect(notes.join('')).toBe('');
      expect(notes[0] ?? '').toBe('');
    }
    expect([...opcodes.keys()].sort()).toEqual(['3', '5', '6']);
    expect(opcodes.get('3')).toBeGreaterThan(600);
  });
});

describe('where only port 69 is let through', () => {
  it('the record names the ports that the firewall must pass', async () => {
    const stalls = (): Decision[] => records().filter(({ event }) => event === 'file-stalled');
    await expect.poll(stalls).toHaveLength(1);
    expect(stalls()[0]?.reasons[0]).toBe(
      "the client's ACKs do not reach ports 50000-50003: firewall or missing TFTP helper",
    );
  });
});
