import { lookup } from 'node:dns/promises';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { problemsHere } from '#check.js';
import { findProgram } from '#daemon/child.js';
import { portHolder } from '#daemon/port-holder.js';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { errnoOf } from '#errors.js';
import { BootFiles } from '#files/boot-files.js';
import { type DiskSpace, diskSpace } from '#files/disk-space.js';
import type { Problem } from '#settings/problem.js';
import type { Settings } from '#settings/schema.js';

/** What of a file or folder matters here. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'other';
  readonly uid: number;
  /** Permission bits only. */
  readonly mode: number;
  readonly dev: number;
}

/** The fogd that runs on the state folder. */
export interface RunningFogd {
  readonly pid: number;
  readonly services: readonly ServiceStatus[];
  /** Asked only by the check that needs it: a daemon with a sick store can tell its services all the same. */
  snapins(): Promise<readonly SnapinFile[]>;
}

/** A snapin, and what the daemon found of its file. */
export interface SnapinFile {
  readonly name: string;
  readonly enabled: boolean;
  /** Empty: nothing. */
  readonly damage: string;
}

/** Everything that the checks know, so that each can be tried in any world. Nothing here rejects for what is not there. */
export interface World {
  readonly settings: Settings;
  readonly state: string;
  readonly images: string;
  readonly snapins: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of who asks. */
  readonly uid: number;
  readonly running: RunningFogd | undefined;
  /** What of the settings does not fit this machine. */
  readonly problems: readonly Problem[];
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[]>>;
  /** Undefined where there is nothing, or nothing to be seen. */
  entry(path: string): Promise<Entry | undefined>;
  /** Undefined where it cannot be read. */
  text(path: string): Promise<string | undefined>;
  /** Empty where there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  space(path: string): Promise<DiskSpace | undefined>;
  /** Addresses of a name; empty where it has none. */
  addresses(name: string): Promise<readonly string[]>;
  /** Ports of this machine on which somebody listens. */
  listening(protocol: 'udp' | 'tcp'): Promise<ReadonlySet<number>>;
  /** `dnsmasq (pid 812)`; undefined when nobody does. */
  holder(port: number, protocol: 'udp' | 'tcp'): Promise<string | undefined>;
  hasProgram(name: string): Promise<boolean>;
  hasBootFile(name: string): boolean;
}

export interface RealWorldOptions {
  readonly settings: Settings;
  readonly state: string;
  readonly imagingOs: string;
  readonly running: RunningFogd | undefined;
}

export async function realWorld({ settings, state, imagingOs, running }: RealWorldOptions): Promise<World> {
  const bootFiles = new BootFiles([join(state, 'boot'), imagingOs, ...settings.boot.file_folders]);
  return {
    settings,
    state,
    running,
    images: settings.images.folder ?? join(state, 'images'),
    snapins: settings.snapins.folder ?? join(state, 'snapins'),
    now: Date.now(),
    uid: process.getuid?.() ?? 0,
    problems: await problemsHere(settings),
    interfaces: networkInterfaces() as World['interfaces'],
    entry: (path) => unlessMissing(async () => entryOf(await lstat(path)), undefined),
    text: (path) => unlessMissing(() => readFile(path, 'utf8'), undefined),
    names: (folder) => unlessMissing(() => readdir(folder), []),
    space: (path) => unlessMissing(() => diskSpace(path), undefined),
    addresses: (name) =>
      lookup(name, { all: true }).then(
        (found) => found.map(({ address }) => address),
        () => [],
      ),
    listening: async (protocol) => new Set(await listeningPorts(protocol)),
    holder: portHolder,
    hasProgram: async (name) => (await findProgram(name)) !== undefined,
    hasBootFile: (name) => bootFiles.has(name),
  };
}

async function unlessMissing<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ESRCH', 'EPERM'].includes(errnoOf(error) ?? '')) return otherwise;
    throw error;
  }
}

function entryOf(found: Awaited<ReturnType<typeof lstat>>): Entry {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, uid: Number(found.uid), mode: Number(found.mode) & 0o7777, dev: Number(found.dev) };
}

/** From the tables of proc(5): local address and port in hexadecimal, state 0A is LISTEN. */
async function listeningPorts(protocol: 'udp' | 'tcp'): Promise<number[]> {
  const ports: number[] = [];
  for (const family of [protocol, `${protocol}6`]) {
    const table = await readFile(`/proc/net/${family}`, 'utf8').catch(() => '');
    for (const line of table.split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      if (protocol === 'udp' || state === '0A') ports.push(Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  }
  return ports;
}

/** Pid of the daemon that holds the lock of a state folder. */
export async function pidOf(state: string): Promise<number> {
  return Number.parseInt(await readFile(join(state, 'lock'), 'utf8').catch(() => ''), 10);
}
