import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageKeeper } from '#actions/keep-images.js';
import { rollbackImage, verifyImageAgain } from '#actions/manage-generations.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage, findImage, removeImage } from '#actions/manage-images.js';
import { cancelTaskById, createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import { openExports } from '#actions/open-session.js';
import type { Logger } from '#daemon/log.js';
import { CAPTURE, MAC as CAPTURED, captureFiles, SHAPE, write } from '../../images/capture-files.js';
import { smallContent, writeSmallImage } from './small-image.js';
import { type BootedMachine, MAC, makeWorld, type World } from './world.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;
const SECOND = '02:00:00:00:00:02';
const THIRD = '02:00:00:00:00:03';
const BARE = MAC.replaceAll(':', '');

let world: World;
async function open(toml: string): Promise<void> {
  world = await makeWorld(toml);
  for (const [name, mac] of Object.entries({ master: MAC, pupil: SECOND, other: THIRD }))
    await addHost(world.context, name, [mac], 'test');
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
}
afterEach(() => world.close());

const current = () => smallContent(readFileSync(join(world.images, 'base', 'd1p1.img'), 'latin1'));
const generations = () =>
  world.context.generations
    .list(findImage(world.context, 'base').id)
    .map(({ number, state, place }) => `${number} ${state} ${place}`);
const dev = () => readdirSync(join(world.images, 'dev')).sort();

async function begin(
  host: string,
  mac: string,
  type: 'capture' | 'deploy',
): Promise<{ id: number; machine: BootedMachine; go: string }> {
  const { id } = await createTask(world.context, { host, type, image: 'base' }, 'test');
  const machine = await world.boot(mac);
  await machine.head();
  const go = await machine.fos('Pre_Stage1.php', `mac=${mac}&type=${type === 'capture' ? 'up' : 'down'}`);
  return { id, machine, go };
}

async function capture(content: string): Promise<BootedMachine> {
  const { machine, go } = await begin('master', MAC, 'capture');
  expect(go).toBe('##@GO');
  writeSmallImage(join(world.images, 'dev', BARE), content);
  expect(await machine.fos('Post_Stage2.php', `mac=${MAC}&type=up`)).toBe('##');
  return machine;
}
const look = () => world.verification.look();
const endDeploy = (machine: BootedMachine, mac: string) =>
  machine.fos('Post_Stage3.php', `mac=${mac}&type=down`);

describe('nfs.exports = "open"', () => {
  beforeEach(() => open('[images]\nreserve_mib = 0\n[nfs]\nexports = "open"\n'));

  it('has the two exports of a FOG server and none of a session', async () => {
    await capture('one');
    expect(world.exports.size).toBe(0);
    expect(openExports(world.context)).toMatchObject([
      { pseudo: '/images', access: 'RO', client: null },
      { pseudo: '/images/dev', access: 'RW', client: null },
    ]);
    expect(dev()).toEqual(['.mntcheck', 'postinitscripts']);
    expect(existsSync(join(world.images, '.mntcheck'))).toBe(true);
  });

  it('a capture waits for the deploys that run; those that come wait for it', async () => {
    await capture('one');
    await look();
    expect(current()).toBe('one');
    const running = await begin('pupil', SECOND, 'deploy');
    expect(running.go).toBe('##@GO');
    await capture('two');
    await look();
    await look();
    expect([current(), generations()[0]]).toEqual(['one', '2 received received']);
    const waiting = await begin('other', THIRD, 'deploy');
    expect(waiting.go).toContain(
      'a new generation of the image comes into its place when the deploys of the old one have ended',
    );
    await expect(rollbackImage(world.context, 'base', 'test')).rejects.toMatchObject({ code: 'IMAGE_BUSY' });
    expect(await endDeploy(running.machine, SECOND)).toBe('##');
    await look();
    expect(current()).toBe('two');
    expect(await waiting.machine.fos('Pre_Stage1.php', `mac=${THIRD}&type=down`)).toBe('##@GO');
    expect(await endDeploy(waiting.machine, THIRD)).toBe('##');
    await look();
    expect(generations()).toEqual(['2 verified current', '1 verified previous']);
    const [two] = world.context.generations.list(1);
    expect(world.context.generations.deploys([two?.id ?? 0]).get(two?.id ?? 0)).toMatchObject([
      { host: 'other' },
    ]);
  });

  it('a damaged image is not exchanged under a deploy, and is when it has ended', async () => {
    await capture('one');
    await look();
    await look();
    await capture('two');
    await look();
    const { machine, go } = await begin('pupil', SECOND, 'deploy');
    expect(go).toBe('##@GO');
    truncateSync(join(world.images, 'base', 'd1p1.img'), 200);
    await verifyImageAgain(world.context, 'base', 'test');
    await look();
    await look();
    expect(generations()[0]).toBe('2 damaged current');
    expect(await endDeploy(machine, SECOND)).toBe('##');
    await look();
    expect([current(), generations()]).toEqual(['one', ['2 damaged previous', '1 verified current']]);
  });

  it('an image is not removed while a machine deploys it without a task', async () => {
    await capture('one');
    await look();
    const machine = await world.boot('02:00:00:00:00:99');
    await machine.head();
    const [session] = world.context.sessions.open();
    await world.context.store.commit(() => world.context.sessions.deploys(session?.id ?? 0, 1));
    await expect(removeImage(world.context, 'base', { files: true }, 'test')).rejects.toMatchObject({
      code: 'IMAGE_BUSY',
    });
    expect(current()).toBe('one');
  });

  it('what a cancelled capture wrote is gone, and what a HEAD finds of a running one stays', async () => {
    const { id, machine } = await begin('master', MAC, 'capture');
    writeFileSync(join(world.images, 'dev', BARE, 'd1.mbr'), 'half');
    await machine.head();
    expect(readdirSync(join(world.images, 'dev', BARE))).toEqual(['d1.mbr']);
    await cancelTaskById(world.context, id, 'test');
    expect(dev()).toEqual(['.mntcheck', 'postinitscripts']);
  });

  it('begins with an empty folder where another capture left one', async () => {
    mkdirSync(join(world.images, 'dev', BARE));
    writeFileSync(join(world.images, 'dev', BARE, 'd1p9.img'), 'old');
    await begin('master', MAC, 'capture');
    expect(readdirSync(join(world.images, 'dev', BARE))).toEqual([]);
  });

  it('a fogd that was killed while it took a capture out of the share goes on where it was', async () => {
    const { imageStore } = world.context;
    await imageStore.openCaptureRoot(41, CAPTURED);
    write(join(world.images, 'dev', CAPTURE), captureFiles('one'));
    // As far as half of the files.
    const taken = join(imageStore.rootFolder(41), CAPTURE);
    mkdirSync(taken);
    const half = join(world.images, 'dev', CAPTURE, 'd1.mbr');
    writeFileSync(join(taken, 'd1.mbr'), readFileSync(half));
    rmSync(half);
    expect(await imageStore.captured(41, CAPTURED, SHAPE)).toMatchObject({ files: 5 });
    expect(dev()).toEqual(['.mntcheck', 'postinitscripts']);
  });

  it('refuses machines while they could not mount, with the reason', async () => {
    world.exports.broken = new Error('the NFS server does not run');
    const { go, machine } = await begin('master', MAC, 'capture');
    expect(go).toContain('the NFS server does not run');
    delete world.exports.broken;
    expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=up`)).toBe('##@GO');
  });

  it('refuses machines while others may write what every machine runs', async () => {
    chmodSync(join(world.images, 'dev', 'postinitscripts'), 0o777);
    const { go } = await begin('master', MAC, 'capture');
    expect(go).toContain('others may write it');
  });

  it('is finished by the next start when fogd was killed before a capture that waited came into its place', async () => {
    await capture('one');
    const keeper = new ImageKeeper(world.context, silent);
    await keeper.start();
    await keeper.stop();
    await look();
    expect(current()).toBe('one');
  });
});

describe('nfs.exports = "open" with images.require_verified', () => {
  beforeEach(() => open('[images]\nreserve_mib = 0\nrequire_verified = true\n[nfs]\nexports = "open"\n'));

  it('a capture is verified first, and then waits for the deploys that run', async () => {
    await capture('one');
    await look();
    expect(generations()).toEqual(['1 verified current']);
    const { machine } = await begin('pupil', SECOND, 'deploy');
    await capture('two');
    await look();
    expect([current(), generations()[0]]).toEqual(['one', '2 verified received']);
    await look();
    expect(current()).toBe('one');
    expect(await endDeploy(machine, SECOND)).toBe('##');
    await look();
    expect([current(), generations()]).toEqual(['two', ['2 verified current', '1 verified previous']]);
  });
});

describe('nfs.backend = "external" without the tree', () => {
  beforeEach(() => open('[nfs]\nbackend = "external"\nshare = "10.0.0.5:/images"\n'));

  it('deploys what it cannot see, and captures nothing', async () => {
    world.exports.trouble = 'the images are on 10.0.0.5';
    const { machine, go } = await begin('pupil', SECOND, 'deploy');
    expect(machine.word('storage')).toBe('10.0.0.5:/images/');
    expect(machine.word('storageip')).toBe('10.0.0.5');
    expect(go).toBe('##@GO');
    expect(await endDeploy(machine, SECOND)).toBe('##');
    await expect(begin('master', MAC, 'capture')).rejects.toMatchObject({
      code: 'IMAGES_ELSEWHERE',
      message: 'nothing can be captured: the images are on 10.0.0.5',
    });
    expect(describeTask(world.context, taskById(world.context, 1))).toMatchObject({ state: 'Complete' });
  });
});
