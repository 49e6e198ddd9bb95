import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Grows without end, and nothing depends on it: with it the look would take as long as the history is long. */
const NOT_LOOKED_AT = 'trace';

/**
 * What is wrong with the structure of an existing store, or undefined: a quick check of all tables but the trace, so that a damaged store is
 * told at start and not written to. By a connection that only reads: one that writes moves the log into the file when it closes. The whole
 * check is `fogd verify`. Throws what SQLite throws, such as SQLITE_NOTADB.
 */
export function damageOf(file: string): string | undefined {
  // SQLite takes an empty file for a new database; what was there would be replaced by nothing.
  if (statSync(file).size === 0) return 'the file is empty';
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all() as string[];
    for (const table of tables.filter((name) => name !== NOT_LOOKED_AT)) {
      const found = db.pragma(`quick_check('${table.replaceAll("'", "''")}')`, { simple: true });
      if (found !== 'ok') return String(found);
    }
    return undefined;
  } finally {
    db.close();
  }
}
