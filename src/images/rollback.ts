import { rename } from 'node:fs/promises';
import { errnoOf } from '#errors.js';
import { syncFolder } from '#files/sync-folder.js';
import { entryAt, listFolder } from './folder-listing.js';
import type { SwapTools } from './generations.js';
import type { ImagesLayout } from './layout.js';

/** The moments between the steps of a rollback, for tests that end the process there. */
export const ROLLBACK_MOMENTS = [
  'rollback-begun',
  'rollback-aside',
  'rollback-placed',
  'rolled-back',
] as const;
export type RollbackMoment = (typeof ROLLBACK_MOMENTS)[number];

const NOT_THERE = ['EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'];

/**
 * Changes the places of an image's generation and the one before it; both must be there. In one step where the file system can exchange;
 * else in three renames, which `mendRollback` brings to an end or takes back after a crash.
 */
export async function rollBack(
  layout: ImagesLayout,
  imagePath: string,
  exchange: SwapTools['exchange'],
  moment: (moment: RollbackMoment) => void,
): Promise<void> {
  const target = layout.image(imagePath);
  const before = layout.before(imagePath);
  moment('rollback-begun');
  try {
    exchange(before, target);
  } catch (error) {
    if (!NOT_THERE.includes(errnoOf(error) ?? '')) throw error;
    await rename(target, layout.rollback(imagePath));
    moment('rollback-aside');
    await rename(before, target);
    moment('rollback-placed');
    await rename(layout.rollback(imagePath), before);
  }
  moment('rolled-back');
  for (const folder of [layout.root, layout.previous, layout.publishing]) await syncFolder(folder);
}

/** Ends what a rollback without exchange left half done; at start, before anything looks at images. */
export async function mendRollbacks(layout: ImagesLayout): Promise<void> {
  for (const { name, path } of (await listFolder(layout.publishing)) ?? []) {
    const imagePath = layout.rolledBack(name);
    if (imagePath === undefined) continue;
    const target = layout.image(imagePath);
    const before = layout.before(imagePath);
    // Whichever place is empty gets it; the one that was to come may not have moved yet.
    if (!(await entryAt(target))) await rename(path, target);
    else if (!(await entryAt(before))) await rename(path, before);
    for (const folder of [layout.root, layout.previous, layout.publishing]) await syncFolder(folder);
  }
}
