/** What fogd does as the user whom the NFS server turns clients into; run under setpriv by the test beside it: `node squashed.js FOLDER`. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FogdError } from '#errors.js';
import { ImageStore } from '#images/image-store.js';
import { CAPTURE, captureFiles, MAC, SHAPE, write } from '../../unit/images/capture-files.js';

const [folder = ''] = process.argv.slice(2);
const squash = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const open = (root: string) => new ImageStore({ root, squash, ownPlace: true, ownerIsRoot: false });
const say = (line: string) => process.stdout.write(`${line}\n`);
const said = (error: unknown) => {
  if (!(error instanceof FogdError)) throw error;
  return `${error.code} ${error.facts.reason}`;
};

const store = open(join(folder, 'images'));
await store.prepare();

/** A capture whose folders the client closed: it is the same user, and the owner may do that. */
async function closedCapture(id: number): Promise<string> {
  const root = await store.openCaptureRoot(id, MAC);
  write(join(root, CAPTURE), captureFiles('one'));
  return root;
}

const first = await closedCapture(1);
chmodSync(join(first, CAPTURE), 0);
chmodSync(first, 0o500);
await store.publish(1, MAC, SHAPE, { begin: async () => undefined });
await store.deployable(SHAPE);
say('published');
chmodSync(first, 0);
await store.removeRoot(1);
say('removed');

const second = await closedCapture(2);
chmodSync(join(second, CAPTURE, 'd1p2.img'), 0);
mkdirSync(join(second, CAPTURE, 'closed', 'inner'), { recursive: true });
chmodSync(join(second, CAPTURE, 'closed', 'inner'), 0);
chmodSync(join(second, CAPTURE, 'closed'), 0);
say(`hostile: ${await store.captured(2, MAC, SHAPE).then(() => 'taken', said)}`);
await store.removeRoot(2);
say('removed');

say(`linked: ${await store.openDeployRoot(3, { ...SHAPE, path: 'foreign' }).then(() => 'opened', said)}`);
say(
  `closed: ${await open(join(folder, 'closed'))
    .prepare()
    .then(() => 'prepared', said)}`,
);
