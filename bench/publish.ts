/**
 * How long a publish takes, from the machine's completion call to the image in its place, by the size of the image. What the machine wrote is
 * on the disk already: nobody can make dirty pages faster than the disk. Figures and goals: bench/README.md.
 *
 *   node dist/bench/publish.js [--gigabytes 8] [--folder /tmp]
 */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ImageStore } from '#images/image-store.js';
import { CAPTURE, captureFiles, MAC, SHAPE, write } from '../test/unit/images/capture-files.js';

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '8' }, folder: { type: 'string', default: '/tmp' } },
});
const folder = mkdtempSync(join(values.folder, 'fogd-publish-'));
const squash = { uid: 65_534, gid: 65_534 };
try {
  const store = new ImageStore({ root: join(folder, 'images'), squash, ownPlace: true, ownerIsRoot: true });
  await store.prepare();
  let session = 0;
  const measure = async (gigabytes: number): Promise<number> => {
    session += 1;
    const place = join(await store.openCaptureRoot(session, MAC), CAPTURE);
    write(place, captureFiles(`generation ${session}`));
    const block = Buffer.alloc(100_000_000, `${session}`);
    for (let n = 0; n < gigabytes * 10; n++) appendFileSync(join(place, 'd1p2.img'), block);
    execFileSync('sync', ['-f', place]);
    const start = performance.now();
    await store.publish(session, MAC, SHAPE, { begin: async () => undefined });
    const took = performance.now() - start;
    await store.removeRoot(session);
    return took;
  };
  // The third publish of an image is the first that has a generation to remove.
  for (const gigabytes of [
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    1,
    Number(values.gigabytes),
    Number(values.gigabytes),
    0,
    0,
  ]) {
    process.stdout.write(`${gigabytes} GB: ${(await measure(gigabytes)).toFixed(1)} ms\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
