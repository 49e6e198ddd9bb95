import { errnoOf } from '#errors.js';
import { fileErrors } from './errors.js';

/** Whether the system says that a disk, or what somebody may have of it, has no room. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/** Does `work` in a folder; rejects with DISK_FULL where its disk has no room. */
export async function withRoom<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDiskFull(error)) throw fileErrors.DISK_FULL({ folder }, error);
    throw error;
  }
}
