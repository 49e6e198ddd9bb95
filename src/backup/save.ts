import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { syncFolder } from '#files/sync-folder.js';
import { backupErrors } from './errors.js';
import type { Manifest } from './manifest.js';
import { unpack } from './unpack.js';

/**
 * Writes a backup under its name, readable for its owner only: whole, read back and durable, or not at all. Throws BACKUP_NO_SPACE,
 * BACKUP_CANNOT_WRITE, BACKUP_DAMAGED where the source broke off, and the reason of `signal` where that ends it.
 */
export async function saveBackup(
  file: string,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<Manifest> {
  await refuseOther(file);
  const half = `${file}.${randomBytes(6).toString('hex')}.part`;
  try {
    const handle = await open(half, 'wx', 0o600);
    try {
      for await (const chunk of content) {
        signal?.throwIfAborted();
        for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const manifest = await unpack(half);
    await rename(half, file);
    await syncFolder(dirname(file));
    return manifest;
  } catch (error) {
    await rm(half, { force: true });
    if (error instanceof FogdError) throw error;
    if (isDiskFull(error)) throw backupErrors.BACKUP_NO_SPACE({ folder: dirname(file) }, error);
    throw backupErrors.BACKUP_CANNOT_WRITE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  }
}

/** The backup takes the place of whatever has its name: root would lose /dev/null to it. */
async function refuseOther(file: string): Promise<void> {
  // What else is wrong with the name, opening the new file beside it says.
  const there = await lstat(file).catch(() => undefined);
  if (there && !there.isFile())
    throw backupErrors.BACKUP_CANNOT_WRITE({ file, reason: 'something is there that is no file' });
}
