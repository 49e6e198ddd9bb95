/** MAC addresses as FOG writes them: lower case with colons. A MAC is a name, never a proof of identity. */

const HEX = /^[0-9a-f]{12}$/;
/** As it is written here, of one machine: the first byte is even. */
const CANONICAL = /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/;
const NOBODYS = '00:00:00:00:00:00';
/** Longest list that is looked at: no machine has more NICs, and a hostile list must not become ten thousand queries. */
const MAX_MACS = 32;
/** FOG Client lists tunnels and adapters without an address, too. */
const MAX_LIST_LENGTH = 4_000;

/** `AA-BB-…`, `aa:bb:…` or twelve digits as `aa:bb:…`; undefined for anything else, and for group and all-zero addresses. */
export function parseMac(text: string): string | undefined {
  if (CANONICAL.test(text)) return text === NOBODYS ? undefined : text;
  const digits = text.trim().toLowerCase().replaceAll(/[:.-]/g, '');
  if (!HEX.test(digits) || digits === '000000000000') return undefined;
  const isGroup = (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1;
  return isGroup ? undefined : (digits.match(/../g) ?? []).join(':');
}

/** A `|`-separated list as FOG's clients send it (spec fos-protocol 3.1): valid MACs in order, each once. */
export function parseMacList(text: string): string[] {
  const macs = new Set<string>();
  for (const part of text.slice(0, MAX_LIST_LENGTH).split('|')) {
    const mac = parseMac(part);
    if (mac !== undefined && macs.size < MAX_MACS) macs.add(mac);
  }
  return [...macs];
}
