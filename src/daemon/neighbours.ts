import { readFile } from 'node:fs/promises';

const NONE = '00:00:00:00:00:00';

// Where /proc is not to be read there is no such knowledge, and nothing to decide with.
const readArp = (): Promise<string> => readFile('/proc/net/arp', 'utf8').catch(() => '');

/** Gives the MAC that the kernel knows behind an IPv4 address of a local network, from /proc/net/arp; undefined for routed addresses. */
export function neighbourTable(read = readArp): (ip: string) => Promise<string | undefined> {
  let reading: Promise<string> | undefined;
  const readAgain = (): Promise<string> => {
    const table = read();
    reading = table;
    void table.then(() => {
      if (reading === table) reading = undefined;
    });
    return table;
  };
  // A thousand machines that ask at once share a reading. One that began before this machine was known is not the last word.
  return async (ip) => (reading && macInTable(await reading, ip)) ?? macInTable(await readAgain(), ip);
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
