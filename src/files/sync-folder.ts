import { open } from 'node:fs/promises';

/** Makes the names in a folder durable: a file that was created or renamed is found again after a power loss (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
