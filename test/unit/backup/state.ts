import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { pack } from '#backup/pack.js';
import { saveBackup } from '#backup/save.js';
import { HostRepository } from '#store/hosts.js';
import { Store } from '#store/store.js';
import { VirtualClock } from '../virtual-clock.js';

const folders: string[] = [];

/** To be called after each test, by each file: modules are loaded once for all of them. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fogd-backup-'));
  folders.push(folder);
  return folder;
}

export const openStore = (state: string) =>
  Store.open({ file: join(state, 'fogd.sqlite'), clock: new VirtualClock(), onWarning: () => undefined });

/** Adds hosts `${name}0` … to a store. */
export async function addHosts(store: Store, name: string, count = 1): Promise<void> {
  const hosts = new HostRepository(store);
  const byte = (n: number) => n.toString(16).padStart(2, '0');
  await store.commit(() => {
    const taken = hosts.list().length;
    for (let n = 0; n < count; n++)
      hosts.add({
        ...{ name: `${name}${n}`, description: '', createdAt: 1, createdBy: 'test' },
        macs: [`02:00:00:00:${byte((taken + n) >> 8)}:${byte((taken + n) & 255)}`],
      });
  });
}

/** A state folder with a store of one host and a key, both of this name, closed. */
export async function makeState(name: string, state = temporaryFolder()): Promise<string> {
  const store = await openStore(state);
  await addHosts(store, name);
  await store.close();
  mkdirSync(join(state, 'pki'));
  writeFileSync(join(state, 'pki', 'ca.key'), name, { mode: 0o600 });
  mkdirSync(join(state, 'images'));
  writeFileSync(join(state, 'images', 'large'), 'image');
  return state;
}

export function hostsOf(state: string): string[] {
  const db = new Database(join(state, 'fogd.sqlite'), { readonly: true });
  try {
    return db.prepare('SELECT name FROM hosts ORDER BY name').pluck().all() as string[];
  } finally {
    db.close();
  }
}

/** Store and keys of a state folder, in short. */
export const contents = (state: string) => ({
  hosts: hostsOf(state),
  key: readFileSync(join(state, 'pki', 'ca.key'), 'utf8'),
  mode: statSync(join(state, 'pki', 'ca.key')).mode & 0o777,
});

export async function backUp(state: string, file = join(temporaryFolder(), 'b.tar')): Promise<string> {
  const packed = await pack(state, '1.2.3', 1_700_000_000_000);
  await saveBackup(file, packed.content());
  await packed.drop();
  return file;
}

/** Names in a folder, without what SQLite leaves beside a store that was read. */
export const names = (folder: string) => readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name));
