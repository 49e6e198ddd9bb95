/**
 * A process of its own that publishes or rolls back and is killed at a step: `node publisher.js ROOT MOMENT exchange|renames
 * publish|keep|rollback`; told to by the test beside it.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageStore } from '#images/image-store.js';
import { exchangePaths } from '#native/exchange.js';

const MAC = '52:54:00:aa:bb:01';
const [root = '', at, how, work] = process.argv.slice(2);
const refuse = () => {
  throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
};
const end = (moment: string): void => {
  if (moment === at) process.kill(process.pid, 'SIGKILL');
};
const store = new ImageStore({
  root,
  squash: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  ownPlace: true,
  ownerIsRoot: false,
  tools: { exchange: how === 'exchange' ? exchangePaths : refuse, moment: end, rollbackMoment: end },
});
await store.prepare();
const shape = { path: 'win11', type: 'mps', format: 5, osId: 9, partitionType: 'all' } as const;
if (work === 'rollback') await store.rollback('win11');
else
  await store.publish(3, MAC, shape, {
    keepsPrevious: work === 'keep',
    begin: async ({ sessionId, imagePath, inode, keepsPrevious, waits }) => {
      const entry = { sessionId, imagePath, inode, keepsPrevious, waits };
      appendFileSync(join(root, 'journal'), `${JSON.stringify(entry)}\n`);
    },
  });
