import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';

/** The store, by its name in the state folder and in a backup. */
export const STORE = 'fogd.sqlite';

/**
 * What of the state folder cannot be made anew and is small: the store, the keys and certificates that machines trust, the key of the
 * stored passwords, and the Secure Boot keys that the admin put there. Names are paths in the state folder, and the same in a backup.
 */
export const PARTS: readonly string[] = [STORE, 'pki', 'secrets', 'boot/secureboot'];

/** What SQLite keeps beside an open store, or one that was killed. Belongs to that store alone. */
export const STORE_COMPANIONS: readonly string[] = [`${STORE}-wal`, `${STORE}-shm`];

/** What is not in a backup, for people. */
export const LEFT_OUT: readonly string[] = [
  'images (large; copy the images folder yourself)',
  'the files of snapins (large; copy the folder snapins yourself)',
  'kernel, init and boot loaders (fogd bootfile add takes them again)',
  'the settings file',
];

/** More than anybody has keys; a folder that holds more is not what it should be. */
const MOST_FILES = 10_000;
const LARGEST_FILE = 16 * 1024 * 1024;

/** Whether a backup may hold a file of this name. Names of a backup are hostile: they become paths. */
export function isPartName(name: string): boolean {
  if (name === STORE) return true;
  const folder = PARTS.find((part) => part !== STORE && name.startsWith(`${part}/`));
  if (folder === undefined) return false;
  return name
    .slice(folder.length + 1)
    .split('/')
    .every((segment) => /^[\w.@ -]{1,100}$/.test(segment) && !/^\.\.?$/.test(segment));
}

export interface SmallFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** The files of all parts but the store. Links and what else is no file are left out, and so are names that no backup may hold. */
export async function smallFiles(state: string): Promise<SmallFile[]> {
  const found: SmallFile[] = [];
  const waiting = PARTS.filter((part) => part !== STORE);
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    for (const entry of await entriesOf(join(state, folder))) {
      const name = `${folder}/${entry.name}`;
      if (!isPartName(name)) continue;
      if (entry.isDirectory()) waiting.push(name);
      if (!entry.isFile() || found.length >= MOST_FILES) continue;
      const path = join(state, name);
      const { mode, size } = await stat(path);
      if (size <= LARGEST_FILE) found.push({ name, mode: mode & 0o777, content: await readFile(path) });
    }
  }
  return found;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
