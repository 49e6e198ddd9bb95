/**
 * Reads from a store until it is ended: `node log-holder.js FILE`. Says `held` when its transaction has begun. As long as it reads, no checkpoint (one
 * comes every half minute) makes room in the log, in which a store on a full disk could write on.
 */
import Database from 'better-sqlite3';

const [, , file = ''] = process.argv;
const store = new Database(file, { readonly: true, fileMustExist: true });
store.exec('BEGIN');
store.prepare('SELECT count(*) FROM hosts').get();
process.stdout.write('held\n');
setInterval(() => store.inTransaction, 60_000);
