import { afterEach, describe, expect, it } from 'vitest';
import { resetClient } from '#actions/manage-clients.js';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import { ClientSessions } from '#clients/sessions.js';
import type { World } from '../services/http/world.js';
import { makeClientWorld, transportOf } from './client-world.js';
import { FogClient, type Transport } from './fog-client.js';
import { VirtualDay } from './virtual-day.js';

/**
 * A thousand FOG Clients for an hour of virtual time: what goes wrong in such an hour goes wrong here, and every client comes through that
 * ought to.
 */

const MINUTE = 60_000;
const COUNT = 1_000;

let world: World;
afterEach(() => world.close());

const macOf = (number: number) =>
  `00:11:22:33:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;

describe('an hour of a thousand clients', () => {
  it('of all versions, with lost answers, a restart, strangers and machines installed anew: none is lost that should not be', async () => {
    world = await makeClientWorld('[client]\ncheckin_seconds = 600\n');
    const { context, clock } = world;
    await context.store.commit(() => {
      for (let number = 0; number < COUNT; number++) {
        const name = `PC-${number}`;
        context.hosts.add({ name, description: '', createdAt: 0, createdBy: 'test', macs: [macOf(number)] });
      }
    });
    const day = new VirtualDay(clock);
    const end = clock.now() + 60 * MINUTE;
    let calls = 0;
    const statuses = new Set<number>();
    /** Each seventeenth answer of a handshake gets lost on its way. */
    const unreliable = (address: string): Transport => {
      const reliable = transportOf(world, address);
      let handshakes = 0;
      return async (method, path, body) => {
        calls++;
        const answer = await reliable(method, path, body);
        statuses.add(answer.status);
        if (path.includes('authorize') && ++handshakes === 2 && calls % 17 === 0)
          throw new Error('connection reset');
        return answer;
      };
    };
    const clients = Array.from({ length: COUNT }, (_, number) => {
      const isUnknown = number % 100 === 99;
      return new FogClient({
        transport: unreliable(`10.1.${number >> 8}.${number & 255}`),
        macs: `${isUnknown ? macOf(number).replace('33', 'aa') : macOf(number).toUpperCase()}||00:00:00:00:00:00:00:E0`,
        hostname: isUnknown ? `NEW-${number}` : `PC-${number}`,
        version: number % 10 === 0 ? '0.10.6' : number % 10 === 1 ? '0.11.5' : '0.13.0',
        now: day.now,
        sleep: day.sleep,
      });
    });
    clients.forEach((client, number) => {
      day.begin(async () => {
        // Switched on within two minutes.
        await day.sleep((number % 120) * 1000);
        await client.install();
        await client.run(() => clock.now() >= end);
      });
    });

    await day.run(15 * MINUTE);
    // fogd is started anew: keys of sessions are gone, tokens are not.
    Object.assign(context, { clientSessions: new ClientSessions(clock) });
    // One machine is told to reboot for a task.
    await createTask(context, { host: 'PC-5', type: 'inventory' }, 'test');
    // One is installed anew, and an admin lets it in after a while.
    const anew = clients[7];
    if (anew) anew.token = undefined;
    // Somebody tries to come as each of a hundred machines.
    let intruders = 0;
    for (let number = 0; number < 99; number++) {
      const stranger = new FogClient({
        transport: transportOf(world, '10.66.0.1'),
        macs: macOf(number),
        now: day.now,
        sleep: day.sleep,
      });
      day.begin(async () => {
        await stranger.install();
        if (await stranger.handshake()) intruders++;
      });
    }
    await day.run(20 * MINUTE);
    const isOutside = anew?.log.includes('handshake: ist');
    await resetClient(context, 'PC-7', 'test');
    await day.run(25 * MINUTE);

    expect([...statuses]).toEqual([200]);
    expect(isOutside).toBe(true);
    expect(intruders).toBe(0);
    const known = clients.filter((_, number) => number % 100 !== 99);
    expect(known.filter(({ isDead }) => isDead)).toEqual([]);
    expect(known.filter(({ cycles }) => cycles < 4).length).toBe(0);
    expect(clients[5]?.job).toBe('{"job":"ok"}');
    // Whatever they complain of, it is what was done to them.
    const complaints = new Set(known.filter((client) => client !== anew).flatMap(({ log }) => log));
    expect([...complaints].filter((text) => !/connection reset|no session/.test(text))).toEqual([]);
    expect([...complaints].join()).toContain('connection reset');
    // Unknown ones of 0.13 gave up after five handshakes, and wait for approval once each.
    const unknown = clients.filter((_, number) => number % 100 === 99);
    expect(
      unknown.every(({ isDead, handshakes, cycles }) => isDead && handshakes === 5 && cycles === 0),
    ).toBe(true);
    expect(context.hosts.countPending()).toBe(10);
  }, 60_000);
});

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
