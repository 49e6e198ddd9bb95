import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { syncFolder } from '#files/sync-folder.js';
import { entryAt } from './folder-listing.js';
import type { ImagesLayout } from './layout.js';
import { moveToTrash } from './remove-tree.js';

/** What is written down, durably, before a new generation takes the place of the old one. */
export interface PublishJournalEntry {
  readonly sessionId: number;
  readonly imagePath: string;
  /** Inode of the new generation's folder. Without the device: that number changes over a restart of the machine (LVM, btrfs). */
  readonly inode: string;
  /** The generation before the replaced one stays as it is, and the replaced one goes. Nothing is kept of it where there is none before. */
  readonly keepsPrevious: boolean;
  /** It is to be verified before it takes its place: until then it is only staged. */
  readonly waits: boolean;
}

/** The moments between the steps of a swap, for tests that end the process there. */
export const SWAP_MOMENTS = [
  'begun',
  'staged',
  'moved-aside',
  'swapped',
  'swap-synced',
  'replaced-trashed',
  'previous-trashed',
  'kept',
  'kept-synced',
  'done',
] as const;
export type SwapMoment = (typeof SWAP_MOMENTS)[number];

export interface SwapTools {
  /** Exchanges two folders in one step, or throws EINVAL, ENOSYS … where that cannot be. */
  readonly exchange: (one: string, other: string) => void;
  readonly moment?: (moment: SwapMoment) => void;
}

/**
 * Brings a new generation into the place of its image, or finds that this was done: every step can be repeated from any point where the
 * last run ended. Whether the swap has happened is told by the inode of the folder in place. Returns false where the new generation is gone;
 * the image is then what it was before.
 *
 * With the exchange there is always a whole generation in place. Without it there is none for the moment between two renames; that is
 * mended here, at the latest at start.
 */
export async function swapGeneration(
  layout: ImagesLayout,
  { sessionId, imagePath, inode, keepsPrevious }: PublishJournalEntry,
  { exchange, moment = () => undefined }: SwapTools,
): Promise<boolean> {
  const target = layout.image(imagePath);
  const stage = layout.stage(sessionId);
  const aside = layout.aside(sessionId);
  const is = async (path: string) => (await inodeOf(path)) === inode;
  moment('begun');
  if (!(await is(target))) {
    if (!(await stageGeneration(layout, sessionId, inode))) {
      await restoreOld(layout, target, [aside, stage]);
      return false;
    }
    moment('staged');
    await swap(target, stage, aside, exchange, moment);
  }
  moment('swapped');
  await syncFolder(layout.root);
  await syncFolder(layout.publishing);
  moment('swap-synced');
  const old = (await entryAt(aside)) ? aside : stage;
  if (keepsPrevious && (await entryAt(layout.before(imagePath)))) await dropReplaced(layout, old, moment);
  else await keepPrevious(layout, imagePath, old, moment);
  moment('done');
  return true;
}

/**
 * Brings a new generation beside the images, where it waits. Repeatable. `placed`: it has its place already; `gone`: its files are nowhere.
 */
export async function receiveGeneration(
  layout: ImagesLayout,
  { sessionId, imagePath, inode }: PublishJournalEntry,
  { moment = () => undefined }: SwapTools,
): Promise<'received' | 'placed' | 'gone'> {
  moment('begun');
  if ((await inodeOf(layout.image(imagePath))) === inode) return 'placed';
  if (!(await stageGeneration(layout, sessionId, inode))) return 'gone';
  moment('staged');
  await syncFolder(layout.publishing);
  return 'received';
}

/** Moves a generation out of its session's folder: whoever removes that then removes nothing of the image. False where it is in neither place. */
async function stageGeneration(layout: ImagesLayout, sessionId: number, inode: string): Promise<boolean> {
  const stage = layout.stage(sessionId);
  if ((await inodeOf(stage)) === inode) return true;
  const fresh = await findInode(layout.session(sessionId), inode);
  if (fresh === undefined) return false;
  // What is there under this number is left over from another database.
  await moveToTrash(stage, layout.trash);
  await rename(fresh, stage);
  return true;
}

/** Gives up a swap that could not be finished: the old generation stays or comes back, the new one goes to the trash. */
export async function abandonSwap(
  layout: ImagesLayout,
  entry: PublishJournalEntry,
  tools: SwapTools,
): Promise<void> {
  const target = layout.image(entry.imagePath);
  if ((await inodeOf(target)) === entry.inode) {
    await swapGeneration(layout, entry, tools);
    return;
  }
  if ((await inodeOf(layout.stage(entry.sessionId))) === entry.inode)
    await moveToTrash(layout.stage(entry.sessionId), layout.trash);
  await restoreOld(layout, target, [layout.aside(entry.sessionId), layout.stage(entry.sessionId)]);
}

async function restoreOld(layout: ImagesLayout, target: string, places: readonly string[]): Promise<void> {
  for (const place of places) {
    if (!(await entryAt(target)) && (await entryAt(place))) await rename(place, target);
  }
  await syncFolder(layout.root);
}

async function swap(
  target: string,
  stage: string,
  aside: string,
  exchange: SwapTools['exchange'],
  moment: (moment: SwapMoment) => void,
): Promise<void> {
  if (!(await entryAt(target))) return rename(stage, target);
  try {
    return exchange(stage, target);
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error;
  }
  await rename(target, aside);
  moment('moved-aside');
  try {
    await rename(stage, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
}

async function dropReplaced(
  layout: ImagesLayout,
  old: string,
  moment: (moment: SwapMoment) => void,
): Promise<void> {
  await moveToTrash(old, layout.trash);
  moment('replaced-trashed');
  await syncFolder(layout.publishing);
}

/** The old generation becomes the previous one; the one before that goes only when this has happened. */
async function keepPrevious(
  layout: ImagesLayout,
  imagePath: string,
  old: string,
  moment: (moment: SwapMoment) => void,
): Promise<void> {
  if (!(await entryAt(old))) return;
  await moveToTrash(layout.before(imagePath), layout.trash);
  moment('previous-trashed');
  await rename(old, layout.before(imagePath));
  moment('kept');
  await syncFolder(layout.previous);
  await syncFolder(layout.publishing);
  moment('kept-synced');
}

/** Undefined where there is nothing, or no real folder. */
export async function inodeOf(path: string): Promise<string | undefined> {
  const entry = await entryAt(path);
  return entry?.isDirectory() ? String(entry.ino) : undefined;
}

async function findInode(folder: string, inode: string): Promise<string | undefined> {
  if (!(await entryAt(folder))?.isDirectory()) return undefined;
  for (const name of await readdir(folder)) {
    if ((await inodeOf(join(folder, name))) === inode) return join(folder, name);
  }
  return undefined;
}
