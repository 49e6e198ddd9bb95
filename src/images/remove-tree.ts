import { randomUUID } from 'node:crypto';
import { chmod, lstat, opendir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './file-errors.js';
import { entryAt } from './folder-listing.js';

/**
 * Moves a file or folder out of sight in one step, if it is there. To free its blocks may take minutes for a large image, which nobody who
 * waits for an answer should: that is done by `emptyTrash`.
 */
export async function moveToTrash(path: string, trash: string): Promise<void> {
  if (!(await regain(path))) return;
  try {
    await rename(path, join(trash, randomUUID()));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes what was moved to the trash. */
export async function emptyTrash(trash: string): Promise<void> {
  for (const name of await readdir(trash)) await removeTree(join(trash, name));
}

/**
 * Gives us back the permissions on a folder of ours that a client, squashed to the same user, may have dropped; a folder that we may
 * not write cannot be moved. False where nothing is there.
 */
export async function regain(path: string): Promise<boolean> {
  const entry = await entryAt(path);
  if (entry?.isDirectory() && (entry.mode & 0o700) !== 0o700) await chmod(path, 0o755);
  return entry !== undefined;
}

/**
 * Removes a folder that a hostile client may have filled: links are not followed, folders without permissions are opened, and folders in
 * folders are first moved up, so that no path grows too long for the kernel (PATH_MAX) however deep they are nested.
 */
export async function removeTree(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return unlink(folder);
  let moved = 0;
  const waiting = [folder];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    const inner: string[] = [];
    await chmod(current, 0o700);
    for await (const entry of await opendir(current)) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) inner.push(path);
      else await unlink(path);
    }
    for (const path of inner) {
      // A folder must be writable to get another parent.
      await chmod(path, 0o700);
      const flat = join(folder, `.fogd-removed-${++moved}`);
      if (current !== folder) await rename(path, flat);
      waiting.push(current === folder ? path : flat);
    }
    if (current !== folder) await rmdir(current);
  }
  await rmdir(folder);
}
