import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { errnoOf, messageOf } from '#errors.js';
import { whyNotOpened } from './cannot-open.js';
import { inspectDatabase } from './inspect.js';

/** One copy of the store, off the main thread (copy.ts). Posts the schema version, or the error's code and text. */
const { from, to } = workerData as { readonly from: string; readonly to: string };

function copy(): number {
  const source = new Database(from, { readonly: true, fileMustExist: true });
  try {
    // One read transaction: the copy is the store of one moment, whatever is committed meanwhile.
    source.prepare('VACUUM INTO ?').run(to);
  } finally {
    source.close();
  }
  const { schema, problems } = inspectDatabase(to);
  if (problems[0] !== undefined) throw new Error(problems[0]);
  return schema;
}

try {
  parentPort?.postMessage({ schema: copy() });
} catch (thrown) {
  // What could not be opened may be the copy, its journal, or the log of a store that nobody has open.
  const error = whyNotOpened(thrown, to);
  parentPort?.postMessage({ code: errnoOf(error) ?? '', reason: messageOf(error) });
}
