import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isDiskFull } from '#files/disk-full.js';
import { isDenied } from './cannot-open.js';
import { storeErrors } from './errors.js';

interface Outcome {
  readonly schema?: number;
  readonly code?: string;
  readonly reason?: string;
}

/**
 * Writes a consistent, checked copy of a store, which may be open and written to meanwhile; gives its schema version. It runs in a thread
 * with a connection of its own: copied in steps on the main thread, the copy would end with an fsync that stalls DHCP and TFTP.
 *
 * `to` must not be there, or be empty. Not durable: the caller syncs what it makes of it. Throws STORE_DAMAGED, STORE_READ_ONLY, or an error with
 * the code ENOSPC.
 */
export async function copyStore(from: string, to: string): Promise<number> {
  const worker = new Worker(new URL('./copy-worker.js', import.meta.url), { workerData: { from, to } });
  const { schema, code, reason } = await new Promise<Outcome>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the copy of the store was broken off')));
  });
  await worker.terminate();
  if (schema !== undefined) return schema;
  if (code === 'SQLITE_FULL' || isDiskFull({ code }))
    throw Object.assign(new Error(reason), { code: 'ENOSPC' });
  const raise = isDenied(code ?? '') ? storeErrors.STORE_READ_ONLY : storeErrors.STORE_DAMAGED;
  throw raise({ folder: dirname(from), file: from, reason: reason ?? 'unknown' });
}
