import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { imageFolders, inspectDatabase } from '#store/inspect.js';
import { backupErrors } from './errors.js';
import type { Manifest } from './manifest.js';
import { STORE } from './parts.js';
import { unpack } from './unpack.js';

export interface Verdict {
  readonly schema: number;
  /** What is wrong, one line each; empty when nothing is. */
  readonly problems: readonly string[];
}

/** Reads a backup as a restore would, its store included. Throws what `unpack` throws. */
export async function verifyBackup(file: string): Promise<Verdict & { readonly manifest: Manifest }> {
  const folder = await mkdtemp(join(tmpdir(), 'fogd-verify-'));
  try {
    const manifest = await unpack(file, folder);
    return { manifest, ...inspectDatabase(join(folder, STORE)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Reads the whole store of a daemon that does not run, and looks for the folders of the images that were captured. Throws STATE_MISSING.
 */
export async function verifyState(state: string, images: string): Promise<Verdict> {
  const store = join(state, STORE);
  if (!(await isFolderOrFile(store))) throw backupErrors.STATE_MISSING({ folder: state });
  const { schema, problems } = inspectDatabase(store);
  if (problems.length > 0) return { schema, problems };
  const missing: string[] = [];
  for (const path of imageFolders(store))
    if (!(await isFolderOrFile(join(images, path))))
      missing.push(`the image ${path} was captured, and ${join(images, path)} is not there`);
  return { schema, problems: missing };
}

async function isFolderOrFile(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isDirectory() || found.isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
