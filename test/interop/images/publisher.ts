/** A process of its own that publishes and is killed: `node publisher.js ROOT MOMENT exchange|renames`; told to by the test beside it. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageStore } from '#images/image-store.js';
import { exchangePaths } from '#native/exchange.js';

const MAC = '52:54:00:aa:bb:01';
const [root = '', at, how] = process.argv.slice(2);
const refuse = () => {
  throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
};
const store = new ImageStore({
  root,
  squash: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  ownPlace: true,
  ownerIsRoot: false,
  tools: {
    exchange: how === 'exchange' ? exchangePaths : refuse,
    moment: (moment) => {
      if (moment === at) process.kill(process.pid, 'SIGKILL');
    },
  },
});
await store.prepare();
const shape = { path: 'win11', type: 'mps', format: 5, osId: 9, partitionType: 'all' } as const;
await store.publish(2, MAC, shape, {
  begin: async ({ sessionId, imagePath, inode }) => {
    appendFileSync(join(root, 'journal'), `${JSON.stringify({ sessionId, imagePath, inode })}\n`);
  },
});
