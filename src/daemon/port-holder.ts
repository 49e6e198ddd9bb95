import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * Who listens on a local port, as `dnsmasq (pid 812)`, from /proc; undefined when nobody does or it may not be seen. Used only to say
 * which program is in the way after a bind has failed.
 */
export async function portHolder(port: number, protocol: 'udp' | 'tcp'): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const family of [protocol, `${protocol}6`]) {
    const table = await readOr(`/proc/net/${family}`, '');
    for (const line of table.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const listens = protocol === 'udp' || state === '0A';
      if (listens && Number.parseInt(local.split(':')[1] ?? '', 16) === port) inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await listOr(`/proc/${pid}/fd`)) {
      if (inodes.has(await linkOr(`/proc/${pid}/fd/${fd}`))) {
        const name = (await readOr(`/proc/${pid}/comm`, 'a program')).trim();
        return `${name} (pid ${pid})`;
      }
    }
  }
  return 'a program of another user';
}

// A process may end, or be another user's, between two looks: then it is not the one that can be named.
const readOr = (path: string, otherwise: string) => readFile(path, 'utf8').catch(() => otherwise);
const listOr = (path: string) => readdir(path).catch((): string[] => []);
const linkOr = (path: string) => readlink(path).catch(() => '');
