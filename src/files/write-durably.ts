import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.js';

/** What a break-off leaves; the next write of the same file takes its place. */
export const UNFINISHED = '.new';

/** Replaces a file (mode 0600) so that a reader and a power loss see the old text or the new one, whole. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const next = `${path}${UNFINISHED}`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
  await syncFolder(dirname(path));
}
