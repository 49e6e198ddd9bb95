import { stat } from 'node:fs/promises';
import { errnoOf } from '#errors.js';
import { StateFolder } from '#store/state-folder.js';
import { backupErrors } from './errors.js';
import { removeHalfBackups } from './pack.js';
import { finishRestore } from './restore.js';

/**
 * Works on the state of a daemon that does not run, and keeps one from being started meanwhile. `make`: the folder is made if it is
 * missing. Throws STATE_MISSING, STORE_LOCKED, STORE_READ_ONLY and what `work` throws.
 */
export async function whileStopped<T>(
  state: string,
  make: boolean,
  work: (state: string) => Promise<T>,
): Promise<T> {
  if (!make && !(await isFolder(state))) throw backupErrors.STATE_MISSING({ folder: state });
  const folder = StateFolder.open(state);
  try {
    await settle(folder.path);
    return await work(folder.path);
  } finally {
    folder.close();
  }
}

/** Ends what a killed restore or backup left, before anything opens the store. The caller holds the lock of the folder. */
export async function settle(state: string): Promise<void> {
  await finishRestore(state);
  await removeHalfBackups(state);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
