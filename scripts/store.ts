import { messageOf } from '#errors.js';
import { putStoreBack, saveStore, tryMigrations } from '#store/upgrade.js';

/**
 * What scripts/install-service does to the store, as the user that owns it: `store.js save STORE COPY`, `try COPY`,
 * `back COPY STORE ASIDE` (says "put back" or "kept"). Exit code 1 with one line that says why.
 */
const [, , deed, first = '', second = '', third = ''] = process.argv;
try {
  if (deed === 'save') await saveStore(first, second);
  else if (deed === 'try') tryMigrations(first);
  else if (deed === 'back')
    process.stdout.write((await putStoreBack(first, second, third)) ? 'put back\n' : 'kept\n');
  else throw new Error('usage: store.js save STORE COPY | try COPY | back COPY STORE ASIDE');
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
