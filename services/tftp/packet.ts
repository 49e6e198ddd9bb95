/**
 * TFTP on the wire: RFC 1350 (packets), RFC 2347 (options, OACK). Knows nothing of sockets or policy, and never throws: what cannot be
 * read is returned as `malformed` with the reason.
 *
 * Text is kept as latin1, one character a byte, so that every byte survives a round trip; `textOf` gives the readable form.
 */

export const ErrorCode = {
  NotDefined: 0,
  FileNotFound: 1,
  AccessViolation: 2,
  DiskFull: 3,
  IllegalOperation: 4,
  UnknownTransfer: 5,
  FileExists: 6,
  NoSuchUser: 7,
  /** RFC 2347: the client ends the transfer because of the options. */
  OptionsRefused: 8,
} as const;

export interface Option {
  /** As the sender wrote it; compared without regard to letter case (RFC 2347). */
  readonly name: string;
  readonly value: string;
}

export interface RequestPacket {
  readonly kind: 'read' | 'write';
  readonly file: string;
  /** Lower case. */
  readonly mode: string;
  readonly options: readonly Option[];
}

/** `block` is the 16-bit number on the wire. */
export type Packet =
  | RequestPacket
  | { readonly kind: 'data'; readonly block: number; readonly data: Buffer }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'oack'; readonly options: readonly Option[] };

export interface Malformed {
  readonly kind: 'malformed';
  /** Undefined when not even the opcode is there. */
  readonly opcode: number | undefined;
  /** Completes the sentence "the packet …". */
  readonly reason: string;
}

const OPCODE = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** RFC 2347 allows 512 bytes; some ROMs fill a whole frame. */
const MAX_REQUEST = 2048;
const MAX_NAME = 512;
const MAX_MODE = 32;
const MAX_OPTIONS = 32;
const MAX_OPTION_TEXT = 255;
const MAX_MESSAGE = 512;

export function decode(bytes: Buffer): Packet | Malformed {
  if (bytes.length < 2) return { kind: 'malformed', opcode: undefined, reason: 'is shorter than two bytes' };
  const opcode = bytes.readUInt16BE(0);
  switch (opcode) {
    case OPCODE.read:
      return decodeRequest(bytes, 'read', opcode);
    case OPCODE.write:
      return decodeRequest(bytes, 'write', opcode);
    case OPCODE.oack:
      return { kind: 'oack', options: decodeOptions(bytes, 2) };
    case OPCODE.data:
    case OPCODE.ack:
    case OPCODE.error:
      break;
    default:
      return { kind: 'malformed', opcode, reason: `has the unknown opcode ${opcode}` };
  }
  if (bytes.length < 4) return { kind: 'malformed', opcode, reason: 'is shorter than four bytes' };
  const number = bytes.readUInt16BE(2);
  // Bytes behind the number of an ACK are padding of short Ethernet frames that some firmware passes on.
  if (opcode === OPCODE.ack) return { kind: 'ack', block: number };
  if (opcode === OPCODE.data) return { kind: 'data', block: number, data: bytes.subarray(4) };
  // Many clients leave out the final NUL of the message; the packet still says what it has to say.
  const end = bytes.indexOf(0, 4);
  const stop = Math.min(end === -1 ? bytes.length : end, 4 + MAX_MESSAGE);
  return { kind: 'error', code: number, message: bytes.toString('latin1', 4, stop) };
}

function decodeRequest(bytes: Buffer, kind: 'read' | 'write', opcode: number): RequestPacket | Malformed {
  const malformed = (reason: string): Malformed => ({ kind: 'malformed', opcode, reason });
  if (bytes.length > MAX_REQUEST) return malformed(`is ${bytes.length} bytes long (at most ${MAX_REQUEST})`);
  const nameEnd = bytes.indexOf(0, 2);
  if (nameEnd === -1) return malformed('has a file name without an end');
  if (nameEnd === 2) return malformed('names no file');
  if (nameEnd - 2 > MAX_NAME)
    return malformed(`has a file name of ${nameEnd - 2} bytes (at most ${MAX_NAME})`);
  const modeEnd = bytes.indexOf(0, nameEnd + 1);
  if (modeEnd === -1) return malformed('has a transfer mode without an end');
  if (modeEnd - nameEnd - 1 > MAX_MODE) return malformed('has a transfer mode that is too long');
  return {
    kind,
    file: bytes.toString('latin1', 2, nameEnd),
    mode: bytes.toString('latin1', nameEnd + 1, modeEnd).toLowerCase(),
    options: decodeOptions(bytes, modeEnd + 1),
  };
}

/**
 * Pairs of NUL-terminated texts. An option without value or end, and the zeros with which some ROMs fill the packet, end the list: the
 * request itself is understood, and an option that is not acknowledged is not in force.
 */
function decodeOptions(bytes: Buffer, start: number): Option[] {
  const options: Option[] = [];
  for (let at = start; options.length < MAX_OPTIONS; ) {
    const nameEnd = bytes.indexOf(0, at);
    if (nameEnd === -1 || nameEnd === at) break;
    const valueEnd = bytes.indexOf(0, nameEnd + 1);
    if (valueEnd === -1) break;
    if (nameEnd - at <= MAX_OPTION_TEXT && valueEnd - nameEnd - 1 <= MAX_OPTION_TEXT) {
      options.push({
        name: bytes.toString('latin1', at, nameEnd),
        value: bytes.toString('latin1', nameEnd + 1, valueEnd),
      });
    }
    at = valueEnd + 1;
  }
  return options;
}

export function encode(packet: Packet): Buffer {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return texts(OPCODE[packet.kind], [packet.file, packet.mode, ...pairs(packet.options)]);
    case 'oack':
      return texts(OPCODE.oack, pairs(packet.options));
    case 'ack':
      return numbered(OPCODE.ack, packet.block, 0);
    case 'data':
      return encodeData(packet.block, packet.data);
    case 'error': {
      const message = Buffer.from(packet.message.slice(0, MAX_MESSAGE), 'latin1');
      const bytes = numbered(OPCODE.error, packet.code, message.length + 1);
      message.copy(bytes, 4);
      bytes[bytes.length - 1] = 0;
      return bytes;
    }
  }
}

function encodeData(block: number, data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + data.length);
  writeData(bytes, 0, block, data);
  return bytes;
}

/** Writes a DATA packet into `bytes`, which must have room for it; returns where it ends. */
export function writeData(bytes: Buffer, at: number, block: number, data: Buffer): number {
  writeHead(bytes, at, OPCODE.data, block);
  data.copy(bytes, at + 4);
  return at + 4 + data.length;
}

/** Text for people and for the file store: UTF-8 where it is, else latin1. */
export function textOf(raw: string): string {
  // Firmware that copies the name of DHCP option 67 without its length takes the end mark of the options (0xff) with it.
  const bytes = Buffer.from(raw.replace(/\xff+$/, ''), 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

function numbered(opcode: number, number: number, extra: number): Buffer {
  const bytes = Buffer.allocUnsafe(4 + extra);
  writeHead(bytes, 0, opcode, number);
  return bytes;
}

function writeHead(bytes: Buffer, at: number, opcode: number, number: number): void {
  bytes[at] = 0;
  bytes[at + 1] = opcode;
  bytes[at + 2] = (number >>> 8) & 0xff;
  bytes[at + 3] = number & 0xff;
}

function texts(opcode: number, parts: readonly string[]): Buffer {
  const bytes = Buffer.from(`\0\0${parts.map((part) => `${part}\0`).join('')}`, 'latin1');
  bytes[1] = opcode;
  return bytes;
}

const pairs = (options: readonly Option[]): string[] => options.flatMap(({ name, value }) => [name, value]);
