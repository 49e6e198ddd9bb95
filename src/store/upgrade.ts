import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { FogdError, messageOf } from '#errors.js';
import { syncFolder } from '#files/sync-folder.js';
import { copyStore } from './copy.js';
import { storeErrors } from './errors.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';

/** What an upgrade does to a store before and after the versions change: save it, try the new migrations on a copy, put it back. */

/** The files that belong to an open SQLite database in WAL mode. */
const SIDES = ['-wal', '-shm'];

/** Writes a copy of the store, which may be in use, to `to`: whole and durable, or not there. Replaces what is at `to`. Throws as `copyStore`. */
export async function saveStore(from: string, to: string): Promise<void> {
  const unfinished = `${to}.new`;
  await rm(unfinished, { force: true });
  // Made here: SQLite would make it readable for all.
  await (await open(unfinished, 'wx', 0o600)).close();
  try {
    await copyStore(from, unfinished);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFile(unfinished);
  await rename(unfinished, to);
  await syncFolder(dirname(to));
}

/**
 * Brings a copy of a store to this version's schema and looks whether it is sound then. Throws STORE_TOO_NEW, or STORE_DAMAGED with the
 * reason for which it cannot be done; the copy is of no use then.
 */
export function tryMigrations(copy: string, steps: readonly string[] = migrations): void {
  const db = openFile(copy);
  try {
    db.pragma('foreign_keys = ON');
    migrate(db, steps);
    const problem = (db.pragma('quick_check(1)') as Array<{ quick_check: string }>)[0]?.quick_check;
    if (problem !== 'ok') throw new Error(problem);
    const [orphan] = db.pragma('foreign_key_check') as Array<{ table: string }>;
    if (orphan) throw new Error(`a row of ${orphan.table} names one that is not there`);
  } catch (error) {
    if (error instanceof FogdError) throw error;
    throw storeErrors.STORE_DAMAGED({ file: copy, reason: messageOf(error) }, error);
  } finally {
    db.close();
  }
}

/**
 * Puts a saved store back, unless the schema is the one that it was saved with: then what came since is kept. Nobody may have the store
 * open. What stood there is kept beside it under `aside`. Returns true when it was put back.
 */
export async function putStoreBack(saved: string, store: string, aside: string): Promise<boolean> {
  if (schemaOf(saved) === schemaOf(store)) return false;
  for (const side of ['', ...SIDES]) if (existsSync(store + side)) await rename(store + side, aside + side);
  await saveStore(saved, store);
  return true;
}

/** Schema version; undefined for what is no readable store. */
function schemaOf(file: string): number | undefined {
  try {
    const db = openFile(file);
    try {
      return Number(db.pragma('user_version', { simple: true }));
    } finally {
      db.close();
    }
  } catch {
    // SQLite's own word for it comes when it is opened to be used.
    return undefined;
  }
}

function openFile(file: string): Database.Database {
  return new Database(file, { fileMustExist: true });
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
