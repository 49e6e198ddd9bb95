import { readFile } from 'node:fs/promises';

/**
 * Rights that ganesha needs when it does not run as root (tried with 4.3, NoNewPrivileges): without CAP_DAC_READ_SEARCH every read fails
 * with EPERM (open_by_handle_at(2)), without CAP_SETUID and CAP_SETGID it ends at the first write (setfsuid). No port below 1024, so no
 * CAP_NET_BIND_SERVICE.
 */
const NEEDED: readonly (readonly [bit: number, name: string])[] = [
  [2, 'CAP_DAC_READ_SEARCH'],
  [6, 'CAP_SETGID'],
  [7, 'CAP_SETUID'],
];

/**
 * Names of the rights that a child of this process would lack, from the text of /proc/self/status. A child of root keeps what root has
 * (effective set); a child of another user keeps the ambient set only.
 */
export function missingRights(status: string): string[] {
  const line = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0';
  const isRoot = /^Uid:\s+\d+\s+0\s/m.test(status);
  const rights = BigInt(`0x${line(isRoot ? 'CapEff' : 'CapAmb')}`);
  return NEEDED.filter(([bit]) => ((rights >> BigInt(bit)) & 1n) === 0n).map(([, name]) => name);
}

export async function missingOwnRights(): Promise<string[]> {
  return missingRights(await readFile('/proc/self/status', 'utf8'));
}
