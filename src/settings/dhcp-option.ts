import { isIPv4 } from 'node:net';
import { toNumber } from './ipv4.js';

/** A DHCP option as an admin writes it, `42 address 10.0.0.1,10.0.0.2`, and as it stands in a packet. */
export interface ParsedOption {
  readonly code: number;
  readonly value: Buffer;
}

/** undefined when it cannot be read, or when its value is empty or longer than 255 bytes. */
export function parseDhcpOption(text: string): ParsedOption | undefined {
  const [, number = '', type = '', rest = ''] = /^(\d{1,3}) +([a-z0-9]+) +(.*\S) *$/.exec(text) ?? [];
  const code = Number(number);
  const write = Object.hasOwn(WRITERS, type) ? WRITERS[type] : undefined;
  if (write === undefined || code < 1 || code > 254) return undefined;
  const value = write(rest);
  return value === undefined || value.length === 0 || value.length > 255 ? undefined : { code, value };
}

/** Names as RFC 1035 section 3.1 writes them, one after the other, without compression (RFC 3397 makes that a liberty). */
export function encodeDomains(names: readonly string[]): Buffer {
  return Buffer.concat(
    names.flatMap((name) => [
      ...name.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')]),
      Buffer.of(0),
    ]),
  );
}

type Writer = (text: string) => Buffer | undefined;

const WRITERS: Readonly<Record<string, Writer>> = {
  address: listOf((word) => {
    if (!isIPv4(word)) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(toNumber(word));
    return bytes;
  }),
  uint8: listOf(integer(0, 0xff, 1)),
  uint16: listOf(integer(0, 0xffff, 2)),
  uint32: listOf(integer(0, 0xffffffff, 4)),
  int32: listOf(integer(-0x80000000, 0x7fffffff, 4)),
  flag: listOf((word) => ({ true: Buffer.of(1), false: Buffer.of(0) })[word as 'true' | 'false']),
  domain: listOf((word) =>
    word.length <= 253 && /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(word)
      ? encodeDomains([word])
      : undefined,
  ),
  text: (value) => (/^[\x20-\x7e]+$/.test(value) ? Buffer.from(value, 'latin1') : undefined),
  hex: (value) => {
    const digits = value.replaceAll(/[\s:]/g, '');
    return /^([0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
  },
};

function listOf(one: Writer): Writer {
  return (text) => {
    const parts = text.split(',').map((word) => one(word.trim()));
    return parts.every((part) => part !== undefined) ? Buffer.concat(parts) : undefined;
  };
}

function integer(least: number, most: number, bytes: number): Writer {
  return (word) => {
    const value = Number(word);
    if (!/^-?\d{1,10}$/.test(word) || value < least || value > most) return undefined;
    const buffer = Buffer.alloc(bytes);
    if (least < 0) buffer.writeIntBE(value, 0, bytes);
    else buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
}
