import type { NetworkInterfaceInfo } from 'node:os';
import type { Entry, World } from '#doctor/world.js';
import { parseSettings } from '#settings/load.js';

export const GIB = 1024 ** 3;
export const NOW = Date.UTC(2026, 5, 1);

export const entry = (more: Partial<Entry> = {}): Entry => ({
  ...{ kind: 'folder', uid: 990, mode: 0o700, dev: 1 },
  ...more,
});

const address = (text: string, internal = false): NetworkInterfaceInfo => ({
  ...{ address: text, netmask: '255.255.255.0', family: 'IPv4', mac: '02:00:00:00:00:01', internal },
  cidr: `${text}/24`,
});

export interface FakeWorld extends Partial<Omit<World, 'settings'>> {
  readonly toml?: string;
  readonly entries?: Readonly<Record<string, Entry>>;
  readonly texts?: Readonly<Record<string, string>>;
  readonly holders?: Readonly<Record<string, string>>;
}

/** A machine on which all is well and fogd is stopped, with some things changed. */
export function world({ toml = '', entries = {}, texts = {}, holders = {}, ...more }: FakeWorld = {}): World {
  const { settings, problems } = parseSettings(toml);
  if (!settings) throw new Error(JSON.stringify(problems));
  const all: Readonly<Record<string, Entry>> = {
    '/state': entry(),
    '/state/images': entry(),
    '/state/snapins': entry(),
    '/run/chrony/chronyd.pid': entry({ kind: 'file', uid: 0 }),
    ...entries,
  };
  const content: Readonly<Record<string, string>> = {
    '/proc/sys/kernel/osrelease': '6.1.0-30-amd64\n',
    '/proc/net/if_inet6': '',
    ...texts,
  };
  return {
    settings,
    state: '/state',
    images: settings.images.folder ?? '/state/images',
    snapins: settings.snapins.folder ?? '/state/snapins',
    now: NOW,
    uid: 0,
    running: undefined,
    problems: [],
    interfaces: { lo: [address('127.0.0.1', true)], eth0: [address('10.0.0.1')] },
    entry: async (path) => all[path],
    text: async (path) => content[path],
    names: async (folder) =>
      Object.keys(content).flatMap((path) =>
        path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
      ),
    space: async () => ({ free: 100 * GIB, size: 200 * GIB, inodes: 1e6, inodesFree: 9e5 }),
    addresses: async () => [],
    listening: async (protocol) =>
      new Set(
        Object.keys(holders)
          .filter((key) => key.endsWith(protocol))
          .map((key) => Number.parseInt(key, 10)),
      ),
    holder: async (port, protocol) => holders[`${port}/${protocol}`],
    hasProgram: async () => true,
    hasBootFile: () => true,
    ...more,
  };
}
