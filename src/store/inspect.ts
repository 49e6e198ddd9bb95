import Database from 'better-sqlite3';
import { errnoOf, messageOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { whyNotOpened } from './cannot-open.js';
import { migrations } from './migrations/index.js';

export interface Inspection {
  /** Schema version (`user_version`); 0 where it cannot be read. */
  readonly schema: number;
  /** What is wrong, one line each; empty when nothing is. */
  readonly problems: readonly string[];
}

/** The newest schema version that this fogd knows. */
export const KNOWN_SCHEMA = migrations.length;
/** A thoroughly damaged file has thousands. */
const MOST_PROBLEMS = 20;

/** Reads a whole database file that nobody has open, and changes nothing in it. Never throws. */
export function inspectDatabase(file: string): Inspection {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    const schema = Number(db.pragma('user_version', { simple: true }));
    const found = db.pragma(`integrity_check(${MOST_PROBLEMS})`) as Array<{ integrity_check: string }>;
    const problems = found.map((row) => row.integrity_check).filter((line) => line !== 'ok');
    const orphans = db.pragma('foreign_key_check') as Array<{ table: string; rowid: number; parent: string }>;
    problems.push(
      ...orphans
        .slice(0, MOST_PROBLEMS)
        .map(
          ({ table, rowid, parent }) => `row ${rowid} of ${table} names a row of ${parent} that is not there`,
        ),
    );
    if (schema === 0) problems.push('it is no store of fogd, or an empty one');
    if (schema > KNOWN_SCHEMA)
      problems.push(`it has schema version ${schema}, newer than this fogd knows (${KNOWN_SCHEMA})`);
    return { schema, problems };
  } catch (thrown) {
    const error = whyNotOpened(thrown, file);
    const reason = isDiskFull(error)
      ? 'it cannot be opened: the disk is full'
      : (errnoOf(error) ?? messageOf(error));
    return { schema: 0, problems: [reason] };
  } finally {
    db?.close();
  }
}

/** Folders of the images that were captured, below the images folder. Throws what SQLite throws. */
export function imageFolders(file: string): string[] {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare('SELECT path FROM images WHERE generation > 0 ORDER BY path').all();
    return (rows as Array<{ path: string }>).map(({ path }) => path);
  } finally {
    db.close();
  }
}
