import type { Database } from 'better-sqlite3';
import { storeErrors } from './errors.js';

/**
 * Brings a store to the schema version of this fogd, one transaction per migration, so that a failed one leaves the store as it was.
 * Throws STORE_TOO_NEW for a store of a newer fogd, without touching it.
 */
export function migrate(db: Database, steps: readonly string[]): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > steps.length) {
    throw storeErrors.STORE_TOO_NEW({ file: db.name, version, known: steps.length });
  }
  steps.slice(version).forEach((sql, index) => {
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version + index + 1}`);
    })();
  });
}
