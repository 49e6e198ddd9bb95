import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './file-errors.js';

export interface ListedFile {
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

/** The listing ends a little above: a client can make millions of names. An image of 1 TB in pieces of 200 MiB has 5000. */
export const MAX_FILES = 10_000;

/** The entry itself, links not followed; undefined where there is none. */
export async function entryAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Everything in a folder in the order of the names; undefined where `path` is not a real folder. */
export async function listFolder(path: string): Promise<ListedFile[] | undefined> {
  if (!(await entryAt(path))?.isDirectory()) return undefined;
  const files: ListedFile[] = [];
  for await (const { name } of await opendir(path)) {
    const file = join(path, name);
    const stats = await entryAt(file);
    if (stats) files.push({ name, path: file, stats });
    if (files.length > MAX_FILES) break;
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Why an entry may not be part of an image: what a hostile client can put into its folder over NFS. Completes "FILE …". */
export function irregular({ stats }: ListedFile, links: 'one link' | 'any links'): string | undefined {
  if (stats.isSymbolicLink()) return 'is a symbolic link';
  if (stats.isDirectory()) return 'is a folder';
  if (!stats.isFile()) return 'is not a regular file';
  return links === 'one link' && stats.nlink > 1 ? 'has a second name elsewhere' : undefined;
}
