import { Option } from './options/codes.js';
import type { OptionMap } from './options/values.js';

/**
 * The DHCP packet (RFC 2131 section 2, RFC 2132 section 2). Options are kept as raw bytes by code, so that what fogd does not know
 * survives; `options/` offers typed views on them. Addresses are numbers.
 */
export interface Packet {
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: number;
  readonly yiaddr: number;
  readonly siaddr: number;
  readonly giaddr: number;
  /** All 16 bytes of the field; the first `hlen` are the hardware address. */
  readonly chaddr: Buffer;
  /** Raw field of up to 64 bytes; all zero when it carried options (option 52). */
  readonly sname: Buffer;
  /** Raw field of up to 128 bytes; all zero when it carried options. */
  readonly file: Buffer;
  /** Without pad, end and overload (52), which are a matter of the encoding. */
  readonly options: OptionMap;
}

export type Decoded =
  | { readonly ok: true; readonly packet: Packet }
  | { readonly ok: false; readonly reason: string; readonly mac?: string };

export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;
/** Flag that asks for a broadcast answer. */
export const BROADCAST_FLAG = 0x8000;

const COOKIE = 0x63825363;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
const SNAME_AT = 44;
const FILE_AT = 108;
/** BOOTP's packet size: old relays and ROMs drop what is shorter (RFC 1542 section 2.1). */
const MINIMUM_LENGTH = 300;

/** Reads any bytes; never throws. Views into `bytes` are kept, so the caller must not reuse them. */
export function decode(bytes: Buffer): Decoded {
  if (bytes.length < OPTIONS_AT)
    return { ok: false, reason: `${bytes.length} bytes are less than the 240 of a DHCP packet` };
  const mac = macText(bytes.subarray(28, 34));
  if (bytes.readUInt32BE(COOKIE_AT) !== COOKIE)
    return { ok: false, reason: 'the magic cookie of DHCP is missing', mac };
  const hlen = bytes.readUInt8(2);
  if (hlen > 16)
    return { ok: false, reason: `a hardware address of ${hlen} bytes does not fit its field`, mac };

  const parts: Parts = { options: new Map(), repeated: new Map() };
  const problem = collect(bytes.subarray(OPTIONS_AT), parts);
  if (problem !== undefined) return { ok: false, reason: problem, mac };
  const overload = parts.options.get(Option.OVERLOAD);
  let fields = 0;
  if (overload !== undefined) {
    fields = overload.length === 1 && !parts.repeated.has(Option.OVERLOAD) ? overload.readUInt8(0) : 0;
    if (fields < 1 || fields > 3)
      return { ok: false, reason: 'option 52 (overload) is neither 1, 2 nor 3', mac };
    // RFC 3396 section 5: `file` before `sname`. An option 52 in there would be a loop: it counts for nothing.
    const inFields =
      (fields & 1 ? collect(bytes.subarray(FILE_AT, COOKIE_AT), parts) : undefined) ??
      (fields & 2 ? collect(bytes.subarray(SNAME_AT, FILE_AT), parts) : undefined);
    if (inFields !== undefined) return { ok: false, reason: `${inFields} in an overloaded field`, mac };
    parts.options.delete(Option.OVERLOAD);
    parts.repeated.delete(Option.OVERLOAD);
  }
  return {
    ok: true,
    packet: {
      op: bytes.readUInt8(0),
      htype: bytes.readUInt8(1),
      hlen,
      hops: bytes.readUInt8(3),
      xid: bytes.readUInt32BE(4),
      secs: bytes.readUInt16BE(8),
      flags: bytes.readUInt16BE(10),
      ciaddr: bytes.readUInt32BE(12),
      yiaddr: bytes.readUInt32BE(16),
      siaddr: bytes.readUInt32BE(20),
      giaddr: bytes.readUInt32BE(24),
      chaddr: bytes.subarray(28, SNAME_AT),
      sname: fields & 2 ? Buffer.alloc(64) : bytes.subarray(SNAME_AT, FILE_AT),
      file: fields & 1 ? Buffer.alloc(128) : bytes.subarray(FILE_AT, COOKIE_AT),
      options: joined(parts),
    },
  };
}

interface Parts {
  readonly options: Map<number, Buffer>;
  /** All parts of the options that came more than once. */
  readonly repeated: Map<number, Buffer[]>;
}

/** Adds the options of one field to `parts`; returns what is wrong, if anything. A missing end option is tolerated. */
function collect(field: Buffer, { options, repeated }: Parts): string | undefined {
  for (let at = 0; at < field.length; ) {
    const code = field[at] ?? 0;
    if (code === Option.END) return undefined;
    if (code === Option.PAD) {
      at += 1;
      continue;
    }
    const end = at + 2 + (field[at + 1] ?? 0);
    if (at + 1 >= field.length || end > field.length) return `option ${code} is cut off`;
    const value = field.subarray(at + 2, end);
    const first = options.get(code);
    const known = repeated.get(code);
    if (first === undefined) options.set(code, value);
    else if (known === undefined) repeated.set(code, [first, value]);
    else known.push(value);
    at = end;
  }
  return undefined;
}

/** Repeated codes are one long option (RFC 3396). */
function joined({ options, repeated }: Parts): OptionMap {
  for (const [code, values] of repeated) options.set(code, Buffer.concat(values));
  return options;
}

/** Where options stand in an encoded packet. */
interface Layout {
  readonly main: Iterable<Written>;
  /** Undefined: the field keeps its own content. */
  readonly file: readonly Written[] | undefined;
  readonly sname: readonly Written[] | undefined;
}

type Written = readonly [code: number, value: Buffer];

/** Whether `encode` can keep to a length. */
export function fits(packet: Packet, maxLength: number): boolean {
  return layout(packet, maxLength) !== undefined;
}

/**
 * All options in their own field, else some in `file`, where it is not needed, and in `sname` (option 52): only when they must be.
 * undefined where even that is not enough.
 */
function layout({ options, file }: Packet, maxLength: number): Layout | undefined {
  // Option 82 comes last (RFC 3046 section 2.1), and in the field where relays look for it.
  const relay = options.get(Option.RELAY_AGENT);
  if (relay === undefined && OPTIONS_AT + 1 + lengthOf(options) <= maxLength)
    return { main: options, file: undefined, sname: undefined };
  const rest = [...options].filter(([code]) => code !== Option.RELAY_AGENT);
  const tail: Written[] = relay === undefined ? [] : [[Option.RELAY_AGENT, relay]];
  const all = [...rest, ...tail];
  if (OPTIONS_AT + 1 + lengthOf(all) <= maxLength) return { main: all, file: undefined, sname: undefined };

  const isFileFree = file.every((byte) => byte === 0);
  const fields: Array<{ room: number; written: Written[] }> = [
    { room: maxLength - OPTIONS_AT - 1 - 3 - lengthOf(tail), written: [] },
    { room: isFileFree ? 127 : 0, written: [] },
    { room: 63, written: [] },
  ];
  for (const option of rest) {
    const length = lengthOf([option]);
    const field = fields.find(({ room }) => length <= room);
    if (field === undefined) return undefined;
    field.room -= length;
    field.written.push(option);
  }
  const [main, inFile, inSname] = fields.map(({ written }) => written);
  const overload = (inFile?.length ? 1 : 0) + (inSname?.length ? 2 : 0);
  return {
    main: [...(main ?? []), [Option.OVERLOAD, Buffer.of(overload)], ...tail],
    file: inFile?.length ? inFile : undefined,
    sname: inSname?.length ? inSname : undefined,
  };
}

function lengthOf(options: Iterable<Written>): number {
  let length = 0;
  for (const [, value] of options) length += value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
  return length;
}

/** Writes options in the order of the map, but option 82 last; longer than `maxLength` only where they cannot be made to fit. */
export function encode(packet: Packet, maxLength = Number.POSITIVE_INFINITY): Buffer {
  const { main, file, sname } = layout(packet, maxLength) ??
    layout(packet, Number.POSITIVE_INFINITY) ?? { main: [], file: undefined, sname: undefined };
  const bytes = Buffer.alloc(Math.max(OPTIONS_AT + 1 + lengthOf(main), MINIMUM_LENGTH));
  bytes.writeUInt8(packet.op, 0);
  bytes.writeUInt8(packet.htype, 1);
  bytes.writeUInt8(packet.hlen, 2);
  bytes.writeUInt8(packet.hops, 3);
  bytes.writeUInt32BE(packet.xid, 4);
  bytes.writeUInt16BE(packet.secs, 8);
  bytes.writeUInt16BE(packet.flags, 10);
  bytes.writeUInt32BE(packet.ciaddr, 12);
  bytes.writeUInt32BE(packet.yiaddr, 16);
  bytes.writeUInt32BE(packet.siaddr, 20);
  bytes.writeUInt32BE(packet.giaddr, 24);
  packet.chaddr.copy(bytes, 28, 0, 16);
  if (sname === undefined) packet.sname.copy(bytes, SNAME_AT, 0, 64);
  else writeOptions(bytes, SNAME_AT, sname);
  if (file === undefined) packet.file.copy(bytes, FILE_AT, 0, 128);
  else writeOptions(bytes, FILE_AT, file);
  bytes.writeUInt32BE(COOKIE, COOKIE_AT);
  writeOptions(bytes, OPTIONS_AT, main);
  return bytes;
}

function writeOptions(bytes: Buffer, start: number, options: Iterable<Written>): void {
  let at = start;
  for (const [code, value] of options) at = writeOption(bytes, at, code, value);
  bytes.writeUInt8(Option.END, at);
}

function writeOption(bytes: Buffer, start: number, code: number, value: Buffer): number {
  let at = start;
  let from = 0;
  do {
    const length = Math.min(255, value.length - from);
    bytes.writeUInt8(code, at);
    bytes.writeUInt8(length, at + 1);
    value.copy(bytes, at + 2, from, from + length);
    at += 2 + length;
    from += length;
  } while (from < value.length);
  return at;
}

/** `52:54:00:…` for any number of bytes. */
export function macText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  let text = hex.slice(0, 2);
  for (let at = 2; at < hex.length; at += 2) text += `:${hex.slice(at, at + 2)}`;
  return text;
}
