import { isIP } from 'node:net';

/** Addresses and networks of both families, for rules of firewalls; `ipv4.ts` has what DHCP computes with. */
export interface Network {
  readonly family: 4 | 6;
  /** The address of the network; all bits after the prefix are zero. */
  readonly address: bigint;
  /** Bits of the network: 32 or 128 for a single address. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** An IPv4 or IPv6 address, not a name. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;

/**
 * `10.1.0.0/16`, `fd00::/64`, or one address; undefined when it is neither (an address with a zone, `fe80::1%eth0`, is none). Where bits
 * after the prefix are set, it is not exact, and the result is the network around that address.
 */
export function parseNetwork(text: string): (Network & { readonly isExact: boolean }) | undefined {
  const [, addressText = '', prefixText] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(addressText);
  if (family !== 4 && family !== 6) return undefined;
  const prefix = Number(prefixText ?? BITS[family]);
  if (prefix > BITS[family]) return undefined;
  const given = family === 4 ? ipv4(addressText) : ipv6(addressText);
  const rest = BigInt(BITS[family] - prefix);
  const address = (given >> rest) << rest;
  return { family, address, prefix, isExact: address === given };
}

/** As people write it: `10.1.0.0/16`, `fd00::/64`, and a single address without its prefix. */
export function networkText({ family, address, prefix }: Network): string {
  const text = family === 4 ? ipv4Text(address) : ipv6Text(address);
  return prefix === BITS[family] ? text : `${text}/${prefix}`;
}

export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const rest = BigInt(BITS[outer.family] - outer.prefix);
  return inner.address >> rest === outer.address >> rest;
}

function ipv4(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv4Text(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
}

function ipv6(text: string): bigint {
  // The last 32 bits may be written as IPv4 (RFC 4291 section 2.2).
  const hex = text.replace(/[\d.]+\.\d+$/, (tail) => {
    const value = ipv4(tail);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [head = [], tail = []] = hex.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
}

/** RFC 5952, as URLs have it: small letters, the longest run of zeros as `::`. */
function ipv6Text(address: bigint): string {
  const words = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}
