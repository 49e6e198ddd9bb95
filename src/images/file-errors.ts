import { stat } from 'node:fs/promises';
import { errnoOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { imageErrors } from './errors.js';

/** True for the errors that say "there is nothing of that name". */
export function isMissing(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Runs `work` on the images folder; what the disk says becomes an error that a person can act on. */
export async function onDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = errnoOf(error) ?? '';
    if (isDiskFull(error)) throw imageErrors.IMAGES_DISK_FULL({ folder }, error);
    if (reason === 'EXDEV' || reason === 'EBUSY') throw imageErrors.IMAGES_SEVERAL_DISKS({ folder }, error);
    if (reason === 'EROFS' || reason === 'EACCES' || reason === 'EPERM')
      throw imageErrors.IMAGES_FOLDER_READ_ONLY({ folder, reason }, error);
    if (isMissing(error) && !(await isFolder(folder)))
      throw imageErrors.IMAGES_FOLDER_MISSING({ folder }, error);
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
