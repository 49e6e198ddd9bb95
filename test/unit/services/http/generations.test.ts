import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settlePlaces } from '#actions/generations.js';
import { GenerationKeeper } from '#actions/keep-generations.js';
import { ImageKeeper } from '#actions/keep-images.js';
import { rollbackImage, verifyImageAgain } from '#actions/manage-generations.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage, changeImage, findImage, removeImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import type { Logger } from '#daemon/log.js';
import type { Verdict } from '#images/verify-image.js';
import { smallContent, writeSmallImage } from './small-image.js';
import { MAC, makeWorld, type World } from './world.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;
const SECOND = '02:00:00:00:00:02';

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n');
  await addHost(world.context, 'master', [MAC], 'test');
  await addHost(world.context, 'pupil', [SECOND], 'test');
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
});
afterEach(() => world.close());

const current = () => smallContent(readFileSync(join(world.images, 'base', 'd1p1.img'), 'latin1'));
const generations = () =>
  world.context.generations
    .list(findImage(world.context, 'base').id)
    .map(({ number, state, place }) => `${number} ${state} ${place}`);
const verifyAll = async () => {
  while (world.context.generations.unverified().length > 0) await world.verification.look();
};
const spoil = () => truncateSync(join(world.images, 'base', 'd1p1.img'), 200);

/** A whole capture by the machine, up to its acknowledged end. */
async function capture(content: string): Promise<void> {
  await createTask(world.context, { host: 'master', type: 'capture', image: 'base' }, 'test');
  const machine = await world.boot();
  await machine.head();
  expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=up`)).toBe('##@GO');
  const [share] = [...world.exports.values()].filter(({ access }) => access === 'RW');
  writeSmallImage(join(share?.folder ?? '', MAC.replaceAll(':', '')), content);
  expect(await machine.fos('Post_Stage2.php', `mac=${MAC}&type=up`)).toBe('##');
}

async function deploy(): Promise<number> {
  const { id } = await createTask(world.context, { host: 'pupil', type: 'deploy', image: 'base' }, 'test');
  const machine = await world.boot(SECOND);
  await machine.head();
  expect(await machine.fos('Pre_Stage1.php', `mac=${SECOND}&type=down`)).toBe('##@GO');
  expect(await machine.fos('Post_Stage3.php', `mac=${SECOND}&type=down`)).toBe('##');
  return id;
}

describe('a generation', () => {
  it('is published by its capture and verified by reading it back, with the sums of its files', async () => {
    await capture('one');
    expect(generations()).toEqual(['1 published current']);
    await verifyAll();
    expect(generations()).toEqual(['1 verified current']);
    const [one] = world.context.generations.list(1);
    expect(world.context.generations.files(one?.id ?? 0).map(({ name }) => name)).toEqual([
      'd1.mbr',
      'd1.partitions',
      'd1p1.img',
    ]);
    expect(one).toMatchObject({ source: 'master', reason: '', checkedAt: world.clock.now() });
    expect(world.verification.health()).toEqual({ state: 'ok', detail: 'all images are verified' });
  });

  it('that is damaged gives its place to the one before, says so, and its deploys are known', async () => {
    await capture('one');
    await verifyAll();
    await capture('two');
    const task = await deploy();
    spoil();
    await verifyAll();
    expect(generations()).toEqual(['2 damaged previous', '1 verified current']);
    expect(current()).toBe('one');
    expect(world.context.images.byName('base')).toMatchObject({ serverBytes: expect.any(Number) });
    const { state, detail } = world.verification.health();
    expect(state).toBe('degraded');
    expect(detail).toMatch(
      /^generation 2 of base is damaged \(d1p1\.img ends too early: .*\); capture again/,
    );
    const { body } = await world.api.inject('/api/v1/images/base/generations');
    expect(JSON.parse(body).items).toMatchObject([
      { number: 2, state: 'damaged', deploys: [{ host: 'pupil', taskId: task }] },
      { number: 1, state: 'verified', deploys: [] },
    ]);
    await expect(rollbackImage(world.context, 'base', 'test')).rejects.toMatchObject({
      code: 'GENERATION_DAMAGED',
    });
    await capture('three');
    await verifyAll();
    expect(generations()).toEqual(['3 verified current', '2 damaged gone', '1 verified previous']);
    expect(world.verification.health().state).toBe('ok');
  });

  it('that is damaged and the only one stays, and is refused to deploys', async () => {
    await capture('one');
    spoil();
    await verifyAll();
    expect(generations()).toEqual(['1 damaged current']);
    const order = createTask(world.context, { host: 'pupil', type: 'deploy', image: 'base' }, 'test');
    await expect(order).rejects.toMatchObject({ code: 'GENERATION_DAMAGED' });
  });

  it('that was verified stays until a newer one is, however many are captured meanwhile', async () => {
    await capture('one');
    await verifyAll();
    await capture('two');
    await capture('three');
    expect(generations()).toEqual(['3 published current', '2 published gone', '1 verified previous']);
    spoil();
    await verifyAll();
    expect(current()).toBe('one');
    expect(generations()[2]).toBe('1 verified current');
  });

  it('is replaced while it is read: the verdict is of neither', async () => {
    await capture('one');
    let read = (_: Verdict): void => undefined;
    const verdict = new Promise<Verdict>((resolve) => {
      read = resolve;
    });
    const keeper = new GenerationKeeper(
      world.context,
      async () => ({ verdict, stop: () => undefined }),
      silent,
    );
    const looking = keeper.look();
    await capture('two');
    read({ kind: 'damaged', reason: 'd1p1.img of whatever was there' });
    await looking;
    expect(generations()).toEqual(['2 published current', '1 published previous']);
    await verifyAll();
    expect(generations()).toEqual(['2 verified current', '1 verified previous']);
  });

  it('that cannot be read back for want of zstd is not called damaged', async () => {
    await capture('one');
    const begin = async () => ({ verdict: Promise.reject(new Error('no zstd')), stop: () => undefined });
    const keeper = new GenerationKeeper(world.context, begin, silent);
    await keeper.start();
    await world.clock.advance(1);
    expect(keeper.health()).toEqual({ state: 'degraded', detail: 'images cannot be verified: no zstd' });
    expect(generations()).toEqual(['1 published current']);
    await keeper.stop();
  });

  it('is read back again when somebody asks, and what has changed is damage even where it can be unpacked', async () => {
    await capture('one');
    await verifyAll();
    const file = join(world.images, 'base', 'd1p1.img');
    const bytes = readFileSync(file);
    bytes.write('ONE', 110 + 36);
    writeFileSync(file, bytes);
    await verifyImageAgain(world.context, 'base', 'test');
    await verifyAll();
    expect(world.context.generations.current(1)).toMatchObject({
      state: 'damaged',
      reason: 'd1p1.img has changed since it was verified',
    });
  });

  it('of an image folder that came from elsewhere is noted and verified', async () => {
    writeSmallImage(join(world.images, 'base'));
    await world.verification.start();
    await world.verification.stop();
    expect(world.context.generations.list(1)).toMatchObject([
      { number: 1, state: 'published', place: 'current', source: 'found in the images folder' },
    ]);
    await verifyAll();
    expect(generations()).toEqual(['1 verified current']);
    rmSync(join(world.images, 'base'), { recursive: true });
    await settlePlaces(world.context, findImage(world.context, 'base'));
    expect(generations()).toEqual(['1 verified gone']);
  });

  it('may have files behind the end of its stream: nobody reads them', async () => {
    await capture('one');
    appendFileSync(join(world.images, 'base', 'd1p1.img'), 'more');
    await verifyAll();
    expect(generations()).toEqual(['1 verified current']);
  });
});

describe('a damaged generation', () => {
  it('gives its place to the one before also when fogd was killed before it could', async () => {
    await capture('one');
    await verifyAll();
    await capture('two');
    const { store, generations: repository, clock } = world.context;
    await store.commit(() => repository.foundDamaged(2, 'a byte is lost', clock.now()));
    await world.verification.look();
    expect([generations(), current()]).toEqual([['2 damaged previous', '1 verified current'], 'one']);
  });
});

describe('where images.require_verified is set, a capture', () => {
  beforeEach(async () => {
    await world.close();
    world = await makeWorld('[images]\nreserve_mib = 0\nrequire_verified = true\n');
    await addHost(world.context, 'master', [MAC], 'test');
    await addHost(world.context, 'pupil', [SECOND], 'test');
    await addImage(world.context, { name: 'base', format: 3 }, 'test');
  });
  const waiting = () => readdirSync(join(world.images, '.fogd', 'publishing'));

  it('that was verified when fogd was killed comes into its place after the next start', async () => {
    await capture('one');
    const { store, generations: repository, clock } = world.context;
    await store.commit(() => repository.verified(1, [], clock.now()));
    const keeper = new ImageKeeper(world.context, silent);
    await keeper.start();
    await keeper.stop();
    expect([generations(), existsSync(join(world.images, 'base'))]).toEqual([['1 verified received'], false]);
    await world.verification.look();
    expect([generations(), current()]).toEqual([['1 verified current'], 'one']);
    expect(world.context.images.journal()).toEqual([]);
  });

  it('is published when it is verified; a deploy of a first one waits and is told how far that is', async () => {
    await capture('one');
    expect(generations()).toEqual(['1 received received']);
    expect(existsSync(join(world.images, 'base'))).toBe(false);
    await createTask(world.context, { host: 'pupil', type: 'deploy', image: 'base' }, 'test');
    const machine = await world.boot(SECOND);
    await machine.head();
    const poll = () => machine.fos('Pre_Stage1.php', `mac=${SECOND}&type=down`);
    expect(await poll()).toBe('image is being verified, 0 %');
    world.context.verifying.set(1, 43);
    expect(await poll()).toBe('image is being verified, 43 %');
    await verifyAll();
    expect(generations()).toEqual(['1 verified current']);
    expect(current()).toBe('one');
    expect(await poll()).toBe('##@GO');
    const [share] = [...world.exports.values()];
    expect(existsSync(join(share?.folder ?? '', 'base', 'd1p1.img'))).toBe(true);
    expect(world.context.images.byName('base')).toMatchObject({ generation: 1, clientBytes: 1_048_576 });
    expect([waiting(), world.context.images.journal()]).toEqual([[], []]);
  });

  it('leaves deploys the generation that is there until it is verified', async () => {
    await capture('one');
    await verifyAll();
    await capture('two');
    expect([generations(), current()]).toEqual([['2 received received', '1 verified current'], 'one']);
    await deploy();
    await verifyAll();
    expect([generations(), current()]).toEqual([['2 verified current', '1 verified previous'], 'two']);
  });

  it('that is damaged is never published, and says so', async () => {
    await capture('one');
    await verifyAll();
    await capture('two');
    const [name = ''] = waiting();
    truncateSync(join(world.images, '.fogd', 'publishing', name, 'd1p1.img'), 200);
    await verifyAll();
    expect([generations(), current()]).toEqual([['2 damaged gone', '1 verified current'], 'one']);
    expect(world.verification.health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/^generation 2 of base is damaged/),
    });
    expect([waiting(), world.context.images.journal()]).toEqual([[], []]);
    await capture('three');
    await verifyAll();
    expect(generations()[0]).toBe('3 verified current');
    expect(world.verification.health().state).toBe('ok');
  });

  it('gives way to a newer one, and goes with its image', async () => {
    await capture('one');
    await capture('two');
    expect(generations()).toEqual(['2 received received', '1 received gone']);
    expect(waiting()).toHaveLength(1);
    await removeImage(world.context, 'base', { files: true }, 'test');
    expect([waiting(), world.context.images.journal()]).toEqual([[], []]);
  });

  it('waits on after a restart, and is published then', async () => {
    await capture('one');
    await new ImageKeeper(world.context, silent).start();
    expect(generations()).toEqual(['1 received received']);
    await verifyAll();
    expect([generations(), current()]).toEqual([['1 verified current'], 'one']);
  });

  it('that was in its place when fogd was killed is published, and read back again', async () => {
    await capture('one');
    const [entry] = world.context.images.journal();
    if (entry) await world.context.imageStore.publishReceived(entry);
    await new ImageKeeper(world.context, silent).start();
    expect([generations(), current()]).toEqual([['1 published current'], 'one']);
    expect(world.context.images.byName('base')?.generation).toBe(1);
    await verifyAll();
    expect(generations()).toEqual(['1 verified current']);
  });

  it('whose files went away is not published', async () => {
    await capture('one');
    rmSync(join(world.images, '.fogd', 'publishing', waiting()[0] ?? ''), { recursive: true });
    await verifyAll();
    expect(generations()).toEqual(['1 damaged gone']);
    expect(world.context.images.journal()).toEqual([]);
  });
});

describe('a rollback', () => {
  it('brings back the generation before; a second one undoes it; a deploy under way keeps what it began with', async () => {
    await capture('one');
    await capture('two');
    await createTask(world.context, { host: 'pupil', type: 'deploy', image: 'base' }, 'test');
    const machine = await world.boot(SECOND);
    await machine.head();
    const [share] = [...world.exports.values()];
    const answer = await world.api.inject({ method: 'POST', url: '/api/v1/images/base/rollback' });
    expect(JSON.parse(answer.body)).toMatchObject({ number: 1, place: 'current' });
    expect(current()).toBe('one');
    expect(smallContent(readFileSync(join(share?.folder ?? '', 'base', 'd1p1.img'), 'latin1'))).toBe('two');
    expect((await rollbackImage(world.context, 'base', 'test')).number).toBe(2);
    expect(current()).toBe('two');
  });

  it.each([
    ['of an image that is not there', 'nothing', 'IMAGE_UNKNOWN'],
    ['without a generation before', 'base', 'NO_PREVIOUS_GENERATION'],
  ])('%s is refused', async (_, key, code) => {
    await expect(rollbackImage(world.context, key, 'test')).rejects.toMatchObject({ code });
  });

  it('of a protected image is refused', async () => {
    await capture('one');
    await capture('two');
    await changeImage(world.context, 'base', { protected: true }, 'test');
    await expect(rollbackImage(world.context, 'base', 'test')).rejects.toMatchObject({
      code: 'IMAGE_PROTECTED',
    });
  });
});
