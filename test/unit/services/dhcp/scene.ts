import { BootStages } from '#services/dhcp/boot-stages.js';
import { type CompiledDhcp, compileDhcp } from '#services/dhcp/compile.js';
import { decide } from '#services/dhcp/decide.js';
import type { Lease } from '#services/dhcp/lease.js';
import { LeaseTable } from '#services/dhcp/leases.js';
import type { Link } from '#services/dhcp/link.js';
import { Option } from '#services/dhcp/options/codes.js';
import { text, uint8 } from '#services/dhcp/options/values.js';
import { decode, encode, type Packet } from '#services/dhcp/packet.js';
import type { Context, Verdict } from '#services/dhcp/verdict.js';
import { toNumber, toText } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';

export const PC1 = '52:54:00:77:00:01';
export const PC2 = '52:54:00:77:00:02';
export const PC3 = '52:54:00:77:00:03';
export const START = 1_800_000_000_000;
export const SECOND = 1000;
export const HOUR = 3_600_000;

export type Options = Readonly<Record<number, Buffer>>;

interface Fields {
  readonly mac?: string;
  readonly ciaddr?: string;
  readonly giaddr?: string;
}

/** A client's message; its xid is 1a2b3c4d. */
export function message(type: number, options: Options = {}, fields: Fields = {}): Packet {
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x1a2b3c4d,
    secs: 0,
    flags: 0,
    ciaddr: toNumber(fields.ciaddr ?? '0.0.0.0'),
    yiaddr: 0,
    siaddr: 0,
    giaddr: toNumber(fields.giaddr ?? '0.0.0.0'),
    chaddr: Buffer.concat([Buffer.from((fields.mac ?? PC1).replaceAll(':', ''), 'hex'), Buffer.alloc(10)]),
    sname: Buffer.alloc(64),
    file: Buffer.alloc(128),
    options: new Map([
      [Option.MESSAGE_TYPE, uint8(type)],
      ...Object.entries(options).map(([code, value]) => [Number(code), value] as const),
    ]),
  };
}

/** A server's message. */
export function reply(fields: {
  readonly type: number;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly giaddr: string;
  readonly file: string;
}): Packet {
  return {
    ...message(fields.type, {}, { giaddr: fields.giaddr }),
    op: 2,
    yiaddr: toNumber(fields.yiaddr),
    siaddr: toNumber(fields.siaddr),
    file: text(fields.file),
  };
}

export function address(value: string): Buffer {
  return Buffer.from(value.split('.').map(Number));
}

/** What firmware and iPXE add to their messages. */
export const BIOS: Options = { 60: text('PXEClient:Arch:00000:UNDI:002001'), 93: Buffer.of(0, 0) };
export const UEFI: Options = { 60: text('PXEClient:Arch:00007:UNDI:003000'), 93: Buffer.of(0, 7) };
export const IPXE: Options = { ...BIOS, 77: text('iPXE') };

export const SETTINGS: DhcpSettings = {
  mode: 'server',
  interfaces: ['eth0'],
  authoritative: true,
  probe: false,
  lease_seconds: 3600,
  classes: [],
  hosts: [],
  subnets: [
    {
      network: '10.0.0.0/24',
      ranges: ['10.0.0.100-10.0.0.104'],
      router: '10.0.0.254',
      dns: ['10.0.0.253', '9.9.9.9'],
      domain: 'school.example',
    },
    { network: '10.1.0.0/24', ranges: ['10.1.0.10-10.1.0.11', '10.1.0.20-10.1.0.21'] },
  ],
};

export const LINK: Link = {
  name: 'eth0',
  address: toNumber('10.0.0.1'),
  addressText: '10.0.0.1',
  network: '10.0.0.0/24',
  addresses: [toNumber('10.0.0.1'), toNumber('10.0.0.2')],
};

/** A server in a box: time stands still unless it is told to pass, effects are applied, everything sent goes through the codec. */
export class Box {
  now = START;
  port = 67;
  from = '0.0.0.0';
  files: readonly string[] = ['undionly.kpxe', 'snponly.efi'];
  scriptUrl = 'http://10.0.0.1/default.ipxe';
  hosts: Readonly<Record<string, string>> = {};
  readonly stages = new BootStages();
  settings: CompiledDhcp;
  table: LeaseTable;
  readonly saved: Lease[] = [];

  constructor(settings: DhcpSettings = SETTINGS) {
    this.settings = compileDhcp(settings);
    this.table = new LeaseTable(this.settings, []);
  }

  /** Only what `saved` holds survives. */
  restart(): void {
    const rows = new Map(this.saved.map((lease) => [lease.address, lease]));
    this.table = new LeaseTable(
      this.settings,
      [...rows.values()].sort((a, b) => a.grantedAt - b.grantedAt),
    );
  }

  context(): Context {
    return {
      settings: this.settings,
      link: LINK,
      leases: this.table,
      port: this.port,
      from: { address: toNumber(this.from), port: 68 },
      urls: { script: this.scriptUrl, file: (name) => `http://10.0.0.1/ipxe/${name}` },
      hostOf: (mac) => this.hosts[mac],
      hasLeftPxe: (mac) => this.stages.isPastPxe(mac, this.now),
      hasFile: (name) => this.files.includes(name),
      now: this.now,
    };
  }

  hear(packet: Packet): Heard {
    const verdict = decide(packet, this.context());
    if (verdict.effect !== undefined && verdict.client !== undefined) {
      this.saved.push(...this.table.apply(verdict.effect, verdict.client, this.now));
    }
    if (verdict.client !== undefined) this.stages.note(verdict.client, this.now);
    return new Heard(verdict);
  }

  /** DISCOVER and the REQUEST for what was offered. */
  lease(mac: string, options: Options = {}): Heard {
    const offer = this.hear(message(1, options, { mac }));
    return this.hear(message(3, { ...options, 50: address(offer.yiaddr), 54: address('10.0.0.1') }, { mac }));
  }
}

/** What came of a message. */
export class Heard {
  constructor(readonly verdict: Verdict) {}

  get event(): string {
    return `${this.verdict.event} ${this.verdict.outcome}`;
  }

  get reasons(): readonly string[] {
    return this.verdict.reasons;
  }

  get packet(): Packet {
    const { packet = message(0), maxLength } = this.verdict.reply ?? {};
    const decoded = decode(encode(packet, maxLength));
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.packet;
  }

  get isSilent(): boolean {
    return this.verdict.reply === undefined;
  }

  get yiaddr(): string {
    return toText(this.packet.yiaddr);
  }

  get to(): string {
    const to = this.verdict.reply?.to;
    return to === undefined ? 'nobody' : `${toText(to.address)}:${to.port}`;
  }

  /** Raw option in hex. */
  hex(code: number): string | undefined {
    return this.packet.options.get(code)?.toString('hex');
  }

  text(code: number): string | undefined {
    return this.packet.options.get(code)?.toString('latin1');
  }

  get file(): string {
    return this.packet.file.toString('latin1').replace(/\0+$/, '');
  }
}
