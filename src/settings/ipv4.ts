import { isIPv4 } from 'node:net';

/** IPv4 addresses as numbers, for ranges and subnets. */

/** Of a valid address. Digit by digit: it is asked for with each packet. */
export function toNumber(address: string): number {
  let [sum, part] = [0, 0];
  for (let at = 0; at < address.length; at++) {
    const digit = address.charCodeAt(at) - ZERO;
    if (digit >= 0) part = part * 10 + digit;
    else [sum, part] = [sum * 256 + part, 0];
  }
  return sum * 256 + part;
}

const ZERO = '0'.charCodeAt(0);

export function toText(address: number): string {
  return `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export interface Subnet {
  /** Network address. */
  readonly network: number;
  readonly prefix: number;
  readonly mask: number;
  readonly broadcast: number;
}

/** `10.0.0.0/24`; undefined when it is not a network (host bits set, prefix out of 8–30). */
export function parseCidr(text: string): Subnet | undefined {
  const [address = '', prefixText = ''] = text.split('/');
  const prefix = Number(prefixText);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(prefixText) || prefix < 8 || prefix > 30) return undefined;
  const size = 2 ** (32 - prefix);
  const network = toNumber(address);
  if (network % size !== 0) return undefined;
  return { network, prefix, mask: 2 ** 32 - size, broadcast: network + size - 1 };
}

/** `10.0.0.100-10.0.0.199`, both ends included; undefined when it is not that. */
export function parseRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const [first = '', last = '', ...more] = text.split('-').map((part) => part.trim());
  if (more.length > 0 || !isIPv4(first) || !isIPv4(last)) return undefined;
  const range = { first: toNumber(first), last: toNumber(last) };
  return range.first <= range.last ? range : undefined;
}

/** An address by itself as a range of one, or a range. */
export function parseRangeOrAddress(
  text: string,
): { readonly first: number; readonly last: number } | undefined {
  return parseRange(text.includes('-') ? text : `${text}-${text}`);
}

export interface Route {
  readonly network: number;
  readonly prefix: number;
  readonly gateway: number;
}

/** `10.9.0.0/16 via 10.0.0.254`, prefix 0 (the default route) to 32. */
export function parseRoute(text: string): Route | undefined {
  const [, address = '', prefixText = '', gateway = ''] = /^(\S+)\/(\d{1,2}) +via +(\S+)$/.exec(text) ?? [];
  const prefix = Number(prefixText);
  if (!isIPv4(address) || !isIPv4(gateway) || prefix > 32) return undefined;
  const network = toNumber(address);
  return network % 2 ** (32 - prefix) === 0 ? { network, prefix, gateway: toNumber(gateway) } : undefined;
}
