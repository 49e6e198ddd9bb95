/** Restores a backup and ends itself by SIGKILL at a moment: restorer.js STATE FILE MOMENT. */
import { restore } from '#backup/restore.js';
import { whileStopped } from '#backup/stopped.js';

const [state = '', file = '', last = ''] = process.argv.slice(2);
await whileStopped(state, true, (folder) =>
  restore(folder, file, {
    force: true,
    now: Date.UTC(2026, 0, 1),
    moment: (moment) => {
      if (moment === last) process.kill(process.pid, 'SIGKILL');
    },
  }),
);
