import { chown, lstat, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '#errors.js';
import { makeFolder } from '#files/make-folder.js';
import { syncFolder } from '#files/sync-folder.js';
import { inspectDatabase } from '#store/inspect.js';
import { backupErrors } from './errors.js';
import type { Manifest } from './manifest.js';
import { PARTS, STORE, STORE_COMPANIONS } from './parts.js';
import { unpack } from './unpack.js';

/** The moments between the steps of a restore, for tests that end the process there. */
export const RESTORE_MOMENTS = [
  'unpacked',
  'decided',
  'old-aside',
  'store-placed',
  'placed',
  'old-kept',
] as const;
export type RestoreMoment = (typeof RESTORE_MOMENTS)[number];

/** Being unpacked: means nothing yet. */
const HALF = '.restore.half';
/** Decided: whoever finds it brings the restore to its end. */
const DECIDED = '.restore';
const NEW = 'new';
const OLD = 'old';
const PLAN = 'plan.json';

interface Plan {
  /** Name in the state folder under which what was there before is kept. */
  readonly kept: string;
  /** Parts that the backup has; others stay what they are: keys are not given up for nothing. */
  readonly parts: readonly string[];
}

export interface Restored {
  readonly manifest: Manifest;
  /** Folder that holds what was there before; undefined where there was nothing. */
  readonly kept: string | undefined;
}

/**
 * Puts a backup in the place of the state, whose lock the caller holds. Nothing is touched before the backup is unpacked and checked; from
 * one rename on the restore is decided, and `finishRestore` brings it to its end whenever the process ends. `now` in milliseconds since 1970.
 * Throws RESTORE_NOT_EMPTY and what `unpack` throws.
 */
export async function restore(
  state: string,
  file: string,
  { force, now, moment = () => undefined }: RestoreOptions,
): Promise<Restored> {
  if (!force && (await isThere(join(state, STORE)))) throw backupErrors.RESTORE_NOT_EMPTY({ folder: state });
  const half = join(state, HALF);
  await rm(half, { recursive: true, force: true });
  let manifest: Manifest;
  try {
    await makeFolder(join(half, NEW), 0o700);
    manifest = await unpack(file, join(half, NEW));
    await checkStore(file, join(half, NEW, STORE));
    await giveTo(state, half);
    await syncFolders(half);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  }
  const kept = `before-restore-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
  const parts = PARTS.filter((part) => manifest.parts.some(({ name }) => `${name}/`.startsWith(`${part}/`)));
  await writeFile(join(half, PLAN), JSON.stringify({ kept, parts } satisfies Plan), { flush: true });
  await syncFolder(half);
  moment('unpacked');
  await rename(half, join(state, DECIDED));
  await syncFolder(state);
  moment('decided');
  await finishRestore(state, moment);
  return { manifest, kept: (await isThere(join(state, kept))) ? join(state, kept) : undefined };
}

export interface RestoreOptions {
  /** Also where there is a state already. */
  readonly force: boolean;
  readonly now: number;
  readonly moment?: (moment: RestoreMoment) => void;
}

/** Brings a decided restore to its end, if there is one; before anything opens the store. True when there was one. */
export async function finishRestore(
  state: string,
  moment: (moment: RestoreMoment) => void = () => undefined,
): Promise<boolean> {
  const decided = join(state, DECIDED);
  const [coming, old] = [join(decided, NEW), join(decided, OLD)];
  await rm(join(state, HALF), { recursive: true, force: true });
  if (!(await isThere(decided))) return false;
  const plan = JSON.parse(await readFile(join(decided, PLAN), 'utf8')) as Plan;
  // What waits no more was placed before the process ended; what is in its place is the new one.
  const waiting: string[] = [];
  for (const part of plan.parts) if (await isThere(join(coming, part))) waiting.push(part);
  // The log of the old store goes first: beside the new store it would be replayed into it.
  if (waiting.includes(STORE))
    for (const name of STORE_COMPANIONS) await moveIfThere(join(state, name), join(old, name));
  for (const part of waiting) await moveIfThere(join(state, part), join(old, part));
  await syncFolder(state);
  moment('old-aside');
  for (const part of waiting) {
    await moveIfThere(join(coming, part), join(state, part));
    if (part === STORE) moment('store-placed');
  }
  await syncFolder(state);
  moment('placed');
  await moveIfThere(old, join(state, plan.kept));
  await syncFolder(state);
  moment('old-kept');
  await rm(decided, { recursive: true });
  await syncFolder(state);
  return true;
}

async function checkStore(file: string, store: string): Promise<void> {
  const [reason] = inspectDatabase(store).problems;
  if (reason !== undefined) throw backupErrors.BACKUP_DAMAGED({ file, reason });
}

/** Durable in both folders. */
async function moveIfThere(from: string, to: string): Promise<void> {
  if (!(await isThere(from))) return;
  await makeFolder(dirname(to), 0o700);
  await rename(from, to);
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
}

/** Root restores for the user that runs fogd, to whom the state folder belongs. */
async function giveTo(state: string, tree: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(state);
  for (const path of await treeOf(tree)) await chown(path, uid, gid);
}

async function syncFolders(tree: string): Promise<void> {
  for (const path of await treeOf(tree)) if ((await lstat(path)).isDirectory()) await syncFolder(path);
}

async function treeOf(folder: string): Promise<string[]> {
  const inside = await readdir(folder, { recursive: true });
  return [folder, ...inside.map((name) => join(folder, name))];
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
