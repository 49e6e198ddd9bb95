import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SpaceGuard } from '#actions/guard-space.js';
import { ImageKeeper } from '#actions/keep-images.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import type { Logger } from '#daemon/log.js';
import { writeSmallImage } from './small-image.js';
import { MAC, makeWorld, type World } from './world.js';

const SECOND = '02:00:00:00:00:02';
const MIB = 1_048_576;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;

let world: World;
let free: number;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 1024\n');
  free = 5000 * MIB;
  vi.spyOn(world.context.imageStore, 'freeBytes').mockImplementation(async () => free);
  for (const [name, mac] of [
    ['one', MAC],
    ['two', SECOND],
  ] as const) {
    await addHost(world.context, name, [mac], 'test');
    await addImage(world.context, { name: `image-${name}`, format: 3 }, 'test');
  }
});
afterEach(() => world.close());

async function capture(host: string, mac: string, bytes: number): Promise<number> {
  const { id } = await createTask(world.context, { host, type: 'capture', image: `image-${host}` }, 'test');
  const machine = await world.boot(mac);
  await machine.head();
  expect(await machine.fos('Pre_Stage1.php', `mac=${mac}&type=up`)).toBe('##@GO');
  const folder = [...world.exports.values()].at(-1)?.folder ?? '';
  writeFileSync(join(folder, mac.replaceAll(':', ''), 'd1p1.img.000'), Buffer.alloc(bytes, 'x'));
  return id;
}
const task = (id: number) => describeTask(world.context, taskById(world.context, id));

describe('a disk that fills up', () => {
  it('raises an alarm below the reserve, and stops the largest capture before it is full; the other goes on', async () => {
    const small = await capture('one', MAC, 10_000);
    const large = await capture('two', SECOND, 5_000_000);
    const guard = new SpaceGuard(world.context, silent);
    await guard.look();
    expect(guard.alarm).toBeUndefined();
    free = 1000 * MIB;
    await guard.look();
    expect(guard.alarm).toBe('only 1000 MiB are left, less than images.reserve_mib (1024)');
    expect([task(small).state, task(large).state]).toEqual(['In-Progress', 'In-Progress']);
    free = 200 * MIB;
    await guard.look();
    expect(task(large)).toMatchObject({
      state: 'Failed',
      reason: expect.stringContaining(
        'the disk of the images is nearly full (200 MiB left): the capture was stopped',
      ),
    });
    expect(task(small).state).toBe('In-Progress');
    expect(world.decisions.at(-1)).toMatchObject({ event: 'task-failed', who: { mac: SECOND } });
    // FOS only saw that its share went away; its next boot tells.
    const told = `echo Task ${large} (Capture) has failed: the disk of the images is nearly full (200 MiB left)`;
    expect((await world.boot(SECOND)).script).toContain(told);
    await world.clock.advance(301_000);
    expect((await world.boot(SECOND)).script).not.toContain('has failed');
    expect(world.exports.size).toBe(1);
    free = 5000 * MIB;
    await guard.look();
    expect(guard.alarm).toBeUndefined();
    expect(task(small).state).toBe('In-Progress');
  });

  it('stops no second capture while what the first one wrote is still being removed', async () => {
    const { imageStore } = world.context;
    const first = await capture('one', MAC, 5_000_000);
    const second = await capture('two', SECOND, 10_000);
    const guard = new SpaceGuard(world.context, silent);
    free = 200 * MIB;
    await guard.look();
    expect([task(first).state, task(second).state]).toEqual(['Failed', 'In-Progress']);
    const real = imageStore.emptyTrash.bind(imageStore);
    vi.spyOn(imageStore, 'emptyTrash').mockImplementation(async () => {
      await real();
      free = 5000 * MIB;
    });
    await guard.look();
    expect(task(second).state).toBe('In-Progress');
    expect(guard.alarm).toBeUndefined();
    expect(readdirSync(join(world.images, '.fogd', 'trash'))).toEqual([]);
  });

  it('is watched while the service runs, seldom while no machine can write, and told in the status', async () => {
    const keeper = new ImageKeeper(world.context, silent);
    await keeper.start();
    expect(keeper.health()).toEqual({ state: 'ok', detail: '2 images, 5.2 GB free' });
    free = 4000 * MIB;
    await world.clock.advance(2_000);
    await expect.poll(() => keeper.health().detail).toBe('2 images, 4.2 GB free');
    free = 900 * MIB;
    await world.clock.advance(14_000);
    expect(keeper.health()).toMatchObject({ state: 'ok' });
    await world.clock.advance(2_000);
    await expect.poll(() => keeper.health()).toMatchObject({ state: 'degraded' });
    await keeper.stop();
  });

  it('takes no capture that would not fit beside the generation that is there', async () => {
    writeSmallImage(join(world.images, 'image-one'));
    await world.verification.start();
    await world.verification.stop();
    free = 1024 * MIB;
    const order = createTask(world.context, { host: 'one', type: 'capture', image: 'image-one' }, 'test');
    await expect(order).rejects.toMatchObject({
      code: 'IMAGES_NO_SPACE',
      message:
        'the disk of the images has 1024 MiB left; the capture needs about 1 MiB, and 1024 MiB are the reserve',
    });
  });
});
