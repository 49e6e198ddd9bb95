import { readFile } from 'node:fs/promises';

const NONE = '00:00:00:00:00:00';

/** The MAC that the kernel knows behind an IPv4 address of a local network, from /proc/net/arp; undefined for routed addresses. */
export async function neighbour(ip: string): Promise<string | undefined> {
  // Where /proc is not to be read there is no such knowledge, and nothing to decide with.
  const table = await readFile('/proc/net/arp', 'utf8').catch(() => '');
  return macInTable(table, ip);
}

/** Columns: address, hardware type, flags (0x2: complete), hardware address, mask, device. */
export function macInTable(table: string, ip: string): string | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [address, , flags, mac] = line.trim().split(/\s+/);
    if (address !== ip || mac === undefined || mac === NONE) continue;
    if ((Number(flags) & 0x2) !== 0) return mac.toLowerCase();
  }
  return undefined;
}
