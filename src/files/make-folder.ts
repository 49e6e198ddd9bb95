import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '#errors.js';

/**
 * Makes a folder and those above it; one that is there is left as it is. Not Node's `recursive`, which says ENOENT where the disk is full, and
 * never returns where a parent exists but takes no folders.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent, mode);
    // Somebody else may have made it meanwhile.
    await mkdir(path, { mode }).catch(async (again: unknown) => {
      if (errnoOf(again) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw again;
    });
  }
}
