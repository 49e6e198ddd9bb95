import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withRoom } from './disk-full.js';
import { syncFolder } from './sync-folder.js';

/** What a break-off leaves; the next write of the same file takes its place. */
export const UNFINISHED = '.new';

/** Replaces a file (mode 0600) so that a reader and a power loss see the old text or the new one, whole. Rejects with DISK_FULL. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const next = `${path}${UNFINISHED}`;
  await withRoom(dirname(path), async () => {
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
      await rename(next, path);
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  });
  await syncFolder(dirname(path));
}
