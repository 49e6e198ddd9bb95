import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/**
 * Moves the write-ahead log into the database file, off the main thread: its two syncs would otherwise stall DHCP and TFTP on a
 * slow disk. One message in, one message out: pages still in the log, or the error's text.
 */
// A store that was taken away meanwhile must not be there again, empty: it would pass for a damaged one.
const db = new Database(String(workerData), { fileMustExist: true });
db.pragma('synchronous = NORMAL');

parentPort?.on('message', () => {
  try {
    const [row] = db.pragma('wal_checkpoint(PASSIVE)') as Array<{ log: number; checkpointed: number }>;
    parentPort?.postMessage({ left: (row?.log ?? 0) - (row?.checkpointed ?? 0) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
