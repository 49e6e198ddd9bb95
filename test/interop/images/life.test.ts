import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { SWAP_MOMENTS } from '#images/generations.js';
import { ImageStore, type PublishJournalEntry } from '#images/image-store.js';
import { ROLLBACK_MOMENTS } from '#images/rollback.js';
import {
  CAPTURE,
  capture,
  captureFiles,
  contents,
  forgetful,
  leftovers,
  MAC,
  SHAPE,
  scene,
  storeOn,
  temporaryFolder,
  temporaryFolders,
  threeGenerations,
  write,
} from '../../unit/images/fixture.js';

temporaryFolders();

const text = (mark: string) =>
  Object.fromEntries(
    Object.entries(captureFiles(mark)).map(([name, value]) => [name, value.toString('latin1')]),
  );

const mounts: string[] = [];
function mount(options: string): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'fogd-test', folder]);
  mounts.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of mounts.splice(0)) execFileSync('umount', [folder]);
});

describe('a process that is killed by SIGKILL at a step', () => {
  const publisher = fileURLToPath(new URL('publisher.js', import.meta.url));
  const reached = new Set<string>();
  const kill = (root: string, at: string, how: string, work: string): void => {
    const { signal, status } = spawnSync(process.execPath, [publisher, root, at, how, work], {
      timeout: 120_000,
    });
    // Not every step is on every way.
    if (signal === 'SIGKILL') reached.add(at);
    else expect(status).toBe(0);
  };
  const generations = (root: string) => [
    contents(join(root, 'win11')),
    contents(join(root, '.fogd', 'previous', 'win11')),
  ];
  const ways = ['exchange', 'renames'];

  it.each(
    ways.flatMap((how) => [
      ...SWAP_MOMENTS.map((at) => [how, 'publish', at, 'two'] as const),
      [how, 'keep', 'replaced-trashed', 'one'] as const,
    ]),
  )('%s, %s, at %s: the next start finishes, and keeps the one before', async (how, work, at, kept) => {
    const made = await threeGenerations();
    kill(made.root, at, how, work);
    const journal = readFileSync(join(made.root, 'journal'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PublishJournalEntry);
    const store = await storeOn(made.root);
    expect(await store.recover(journal)).toEqual([
      { sessionId: 3, imagePath: 'win11', published: true, received: false },
    ]);
    expect(generations(made.root)).toEqual([text('three'), text(kept)]);
    await store.sweep(new Set());
    expect(await leftovers({ root: made.root, store })).toEqual([]);
  });

  it.each(ways.flatMap((how) => ROLLBACK_MOMENTS.map((at) => [how, at] as const)))(
    '%s, rollback, at %s: the next start has both generations, whole',
    async (how, at) => {
      const made = await threeGenerations();
      kill(made.root, at, how, 'rollback');
      const store = await storeOn(made.root);
      const found = generations(made.root);
      expect(found).toEqual(
        found[0]?.['d1p1.img'] === text('one')['d1p1.img']
          ? [text('one'), text('two')]
          : [text('two'), text('one')],
      );
      expect(await leftovers({ root: made.root, store })).toEqual([]);
    },
  );

  it('at every step there is', () => {
    expect([...reached].sort()).toEqual([...SWAP_MOMENTS, ...ROLLBACK_MOMENTS].sort());
  });
});

describe('a disk', () => {
  it('that is full: IMAGES_DISK_FULL, the old generation and the capture stay', async () => {
    const root = mount('size=512k');
    const made = await scene({ root });
    await capture(made, 1, captureFiles('one'));
    await made.store.publish(1, MAC, SHAPE, forgetful);
    const folder = await capture(made, 2, captureFiles('two'));
    execFileSync('truncate', ['-s', '200k', join(folder, 'd1.mbr')]);
    const filler = join(root, 'filler');
    expect(spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k', 'status=none']).status).not.toBe(0);
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toMatchObject({
      code: 'IMAGES_DISK_FULL',
    });
    expect(contents(join(root, 'win11'))).toEqual(text('one'));
    expect(await made.store.freeBytes()).toBe(0);
    await expect(storeOn(root)).rejects.toMatchObject({ code: 'IMAGES_DISK_FULL' });
    execFileSync('rm', [filler]);
    await made.store.publish(2, MAC, SHAPE, forgetful);
    expect(contents(join(root, 'win11'))?.['d1p2.img']).toBe(text('two')['d1p2.img']);
  });

  it('that is read-only: IMAGES_FOLDER_READ_ONLY with the reason, nothing lost', async () => {
    const root = mount('size=1m');
    const made = await scene({ root });
    await capture(made, 1, captureFiles('one'));
    await made.store.publish(1, MAC, SHAPE, forgetful);
    await capture(made, 2, captureFiles('two'));
    execFileSync('mount', ['-o', 'remount,ro', root]);
    const code = 'IMAGES_FOLDER_READ_ONLY';
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toMatchObject({
      code,
      facts: { reason: 'EROFS' },
    });
    await expect(made.store.openPlainRoot(3)).rejects.toMatchObject({ code });
    await expect(storeOn(root)).rejects.toMatchObject({ code });
    execFileSync('mount', ['-o', 'remount,rw', root]);
    await made.store.publish(2, MAC, SHAPE, forgetful);
    expect(contents(join(root, 'win11'))).toEqual(text('two'));
  });

  it('mounted at the folder of one image: IMAGES_SEVERAL_DISKS', async () => {
    const made = await scene();
    const place = join(made.root, 'win11');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'fogd-test', place]);
    mounts.push(place);
    await capture(made, 1, captureFiles('one'));
    const code = 'IMAGES_SEVERAL_DISKS';
    await expect(made.store.publish(1, MAC, SHAPE, forgetful)).rejects.toMatchObject({ code });
    write(place, captureFiles('disk'));
    await expect(made.store.openDeployRoot(2, SHAPE)).rejects.toMatchObject({ code });
  });
});

describe('users', () => {
  const squash = { uid: 4242, gid: 4243 };

  it('run as root: only the capture folder is the client’s, the image is ours', async () => {
    const root = join(temporaryFolder(), 'images');
    const store = new ImageStore({ root, squash, ownPlace: true, ownerIsRoot: true });
    await store.prepare();
    const session = await store.openCaptureRoot(1, MAC);
    const owners = (folder: string) =>
      Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).uid]));
    expect(owners(session)).toEqual({ '.mntcheck': 0, postinitscripts: 0, [CAPTURE]: 4242 });
    for (const name of ['', '.mntcheck', 'postinitscripts', 'postinitscripts/fog.postinit'])
      expect(statSync(join(session, name)).mode & 0o022, name).toBe(0);
    const folder = join(session, CAPTURE);
    write(folder, captureFiles('one'));
    for (const name of readdirSync(folder)) chownSync(join(folder, name), 4242, 4243);
    await store.publish(1, MAC, SHAPE, forgetful);
    expect(new Set(Object.values(owners(join(root, 'win11'))))).toEqual(new Set([0]));
    expect(statSync(join(root, 'win11')).uid).toBe(0);
    await store.deployable(SHAPE);
  });

  it('run as the squashed user: what a client closed can be taken and removed', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    // Of root: an image that the admin copied, a folder that fogd may not write.
    write(join(folder, 'images', 'foreign'), captureFiles('foreign'));
    chownSync(join(folder, 'images'), 4242, 4243);
    mkdirSync(join(folder, 'closed'));
    const run = spawnSync(
      'setpriv',
      [
        '--reuid=4242',
        '--regid=4243',
        '--clear-groups',
        process.execPath,
        fileURLToPath(new URL('squashed.js', import.meta.url)),
        folder,
      ],
      { encoding: 'utf8', timeout: 120_000 },
    );
    expect(run.stderr).toBe('');
    expect(run.stdout.trim().split('\n')).toEqual([
      'published',
      'removed',
      'hostile: CAPTURE_DAMAGED closed is a folder',
      'removed',
      'linked: IMAGE_INCOMPLETE d1.mbr cannot be linked (EPERM); make the files belong to the user that runs fogd',
      'closed: IMAGES_FOLDER_READ_ONLY EACCES',
    ]);
  });
});
