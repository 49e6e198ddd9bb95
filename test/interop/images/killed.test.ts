import { existsSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork } from '../../lab/network.js';
import { command, LabProcess, within } from '../../lab/process.js';
import { writeSmallImage } from '../../unit/services/http/small-image.js';

/** The whole daemon, killed in the middle of what takes long with images. */
let network: LabNetwork;
let fogd: FogdUnderTest;
const settings = { images: { reserve_mib: 0 }, nfs: { enabled: false } };
const start = async () => {
  fogd = await FogdUnderTest.start({ network, folder: network.folder, settings });
};

beforeAll(async () => {
  network = await LabNetwork.create();
});
afterAll(() => network.close());

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const look = async (): Promise<void> => {
    while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await within(look(), 300_000, what);
}

/** What comes behind the last block of the file system is read, too, and is no damage: so a small image takes long. */
function largeImage(place: string, name: string, gigabytes: number): string {
  const folder = join(place, name);
  writeSmallImage(folder);
  truncateSync(join(folder, 'd1p1.img'), gigabytes * 1_000_000_000);
  return folder;
}

interface Line {
  readonly state: string;
  readonly percent: number | null;
}
const generation = async (image: string) =>
  (JSON.parse(await fogd.cli('image', 'generations', image, '--json')) as Line[])[0];
const processes = async () =>
  (await command(['ip', 'netns', 'pids', network.server.namespace])).stdout
    .trim()
    .split('\n')
    .filter(Boolean);

describe('fogd that is killed', () => {
  it('while it reads an image back leaves no process, and reads it back after its next start', async () => {
    await start();
    await fogd.cli('image', 'import', largeImage(join(fogd.state, 'images'), 'slow', 4));
    await until(
      'the verification to be under way',
      async () => ((await generation('slow'))?.percent ?? 0) > 0,
    );
    await fogd.kill();
    await until('the process that verifies to end', async () => (await processes()).length === 0);
    await start();
    expect((await generation('slow'))?.state).toBe('published');
    await until('the image to be verified', async () => (await generation('slow'))?.state === 'verified');
    await fogd.cli('image', 'remove', 'slow', '--files');
    await fogd.stop();
  });

  it('while it imports leaves no half image, and the import can be made again', async () => {
    await start();
    const images = join(fogd.state, 'images');
    const from = largeImage(network.folder, 'copied', 0.1);
    // Blocks, not holes: a copy that takes a while.
    await command([
      'dd',
      'if=/dev/urandom',
      `of=${join(from, 'd1p1.img')}`,
      'bs=1M',
      'count=600',
      'seek=10',
      'conv=notrunc',
      'status=none',
    ]);
    const importing = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(network.folder, 'import.log'),
      argv: [
        'curl',
        '-sS',
        '--unix-socket',
        join(fogd.state, 'fogd.sock'),
        '-H',
        'content-type: application/json',
        '-d',
        JSON.stringify({ path: from }),
        'http://fogd/api/v1/images/import',
      ],
    });
    const publishing = join(images, '.fogd', 'publishing');
    await until('the copy to begin', () => readdirSync(publishing).length > 0);
    await fogd.kill();
    await importing.exited;
    expect(existsSync(join(images, 'copied'))).toBe(false);
    await start();
    expect(readdirSync(publishing)).toEqual([]);
    await until(
      'what was copied to be removed',
      () => readdirSync(join(images, '.fogd', 'trash')).length === 0,
    );
    await fogd.cli('image', 'import', from);
    expect(existsSync(join(images, 'copied', 'd1p1.img'))).toBe(true);
    await fogd.stop();
  });
}, 900_000);
