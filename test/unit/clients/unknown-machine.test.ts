import { afterEach, describe, expect, it } from 'vitest';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import type { World } from '../services/http/world.js';
import { makeClientWorld, transportOf } from './client-world.js';
import { FogClient } from './fog-client.js';
import { VirtualDay } from './virtual-day.js';

const MINUTE = 60_000;

let world: World;
afterEach(() => world.close());

describe('a machine that nobody knows', () => {
  it('registers itself, and works after its approval without a restart where that comes in time', async () => {
    world = await makeClientWorld();
    const { clock, context } = world;
    const day = new VirtualDay(clock);
    const end = clock.now() + 20 * MINUTE;
    const client = new FogClient({
      transport: transportOf(world),
      macs: '0A:00:27:00:00:01|00:11:22:33:44:55',
      hostname: 'LAB-1.local',
      now: day.now,
      sleep: day.sleep,
    });
    day.begin(async () => {
      await client.install();
      await client.run(() => clock.now() >= end);
    });
    await day.run(5 * MINUTE);
    expect(context.hosts.byName('LAB-1')).toMatchObject({ pending: true, createdBy: 'client' });
    await changeHost(context, 'LAB-1', { pending: false });
    await day.run(15 * MINUTE);
    expect(client.isDead).toBe(false);
    expect(client.cycles).toBeGreaterThan(3);
    expect(client.registrations).toBe(3);
  });

  it('is dead to 0.13 after eight minutes, and only to that', async () => {
    world = await makeClientWorld('[client]\nhostregister = false\n');
    const { clock } = world;
    const day = new VirtualDay(clock);
    const end = clock.now() + 30 * MINUTE;
    const [new_, old] = ['0.13.0', '0.12.2'].map((version, index) => {
      const macs = `00:11:22:33:44:0${index}`;
      const client = new FogClient({
        transport: transportOf(world),
        macs,
        version,
        now: day.now,
        sleep: day.sleep,
      });
      day.begin(async () => {
        await client.install();
        await client.run(() => clock.now() >= end);
      });
      return client;
    });
    await day.run(10 * MINUTE);
    expect([new_?.isDead, old?.isDead]).toEqual([true, false]);
    await addHost(world.context, 'OLD', ['00:11:22:33:44:01'], 'test');
    await day.run(20 * MINUTE);
    expect(old?.cycles).toBeGreaterThan(3);
    expect(new_?.cycles).toBe(0);
  });
});
