import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '#files/sync-folder.js';
import { listFolder } from './folder-listing.js';
import { fillHoles } from './mbr-file.js';
import type { Owner } from './session-roots.js';

/**
 * Makes a checked capture ready to be an image: no set-id bits, readable by all, ours where we may take it, boot records without holes, every
 * byte and name on the disk. Returns what a person should know. `scratch` is a file name beside the folder.
 */
export async function settleFiles(
  folder: string,
  owner: Owner | undefined,
  scratch: string,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, path } of (await listFolder(folder)) ?? []) {
    if (!/^d\d+\.mbr$/.test(name) || (await fillHoles(path, scratch))) continue;
    warnings.push(
      `${name} is stored with holes (compression?): a boot loader behind the first sector may not be restored; keep images on a file system without compression`,
    );
  }
  for (const { path } of (await listFolder(folder)) ?? []) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      // Taken first: chown(2) also drops set-id bits, chmod on another's file is not ours to do.
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.chmod(0o644);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (owner) await handle.chown(owner.uid, owner.gid);
    await handle.chmod(0o755);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(join(folder, '..'));
  return warnings;
}
