import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PowerKeeper } from '#actions/keep-power.js';
import { addHost, addMac } from '#actions/manage-hosts.js';
import { addPower, removePower } from '#actions/manage-power.js';
import type { Logger } from '#daemon/log.js';
import { MAC, makeWorld, type World } from '../services/http/world.js';

const MINUTE = 60_000;
const OTHER_MAC = '02:00:00:00:00:02';

let world: World;
let keeper: PowerKeeper;
const failures: unknown[] = [];
const log = { error: (failure: unknown) => failures.push(failure) } as unknown as Logger;

/** A time of cron that comes in so many minutes. */
const inMinutes = (minutes: number) => {
  const time = new Date(world.clock.now() + minutes * MINUTE);
  return `${time.getMinutes()} ${time.getHours()} * * *`;
};

beforeEach(async () => {
  world = await makeWorld();
  await addHost(world.context, 'PC', [MAC], 'test');
  keeper = new PowerKeeper(world.context, log);
  failures.length = 0;
});
afterEach(async () => {
  await keeper.stop();
  await world.close();
  vi.unstubAllEnvs();
  expect(failures).toEqual([]);
});

describe('a machine that is to be woken by the clock', () => {
  it('is woken in that minute, once, and the next day again', async () => {
    await addPower(world.context, 'PC', 'wol', inMinutes(5));
    keeper.start();
    await world.clock.advance(4 * MINUTE + 59_999);
    expect(world.woken).toEqual([]);
    await world.clock.advance(1);
    expect(world.woken).toEqual([MAC]);
    await world.clock.advance(23 * 60 * MINUTE);
    expect(world.woken).toEqual([MAC]);
    await world.clock.advance(60 * MINUTE);
    expect(world.woken).toEqual([MAC, MAC]);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'woken',
      outcome: 'answered',
      who: { mac: MAC },
      facts: { to: '10.0.0.255' },
    });
  });

  it('is not woken late for a time at which fogd was down, and after its restart as before', async () => {
    await addPower(world.context, 'PC', 'wol', inMinutes(5));
    await addPower(world.context, 'PC', 'wol', inMinutes(10));
    keeper.start();
    await world.clock.advance(4 * MINUTE);
    await keeper.stop();
    await world.clock.advance(2 * MINUTE);
    keeper = new PowerKeeper(world.context, log);
    keeper.start();
    await world.clock.advance(3 * MINUTE);
    expect(world.woken).toEqual([]);
    await world.clock.advance(MINUTE);
    expect(world.woken).toEqual([MAC]);
  });

  it('is not woken late when the whole machine slept', async () => {
    await addPower(world.context, 'PC', 'wol', inMinutes(5));
    keeper.start();
    // Suspended: the timer for the next minute comes two hours later.
    const { after } = world.clock;
    let ring: () => void = () => undefined;
    Object.assign(world.clock, {
      after: (_: number, run: () => void) => {
        ring = run;
        return () => undefined;
      },
    });
    await world.clock.advance(MINUTE);
    Object.assign(world.clock, { after });
    await world.clock.advance(120 * MINUTE);
    ring();
    await world.clock.advance(MINUTE);
    expect(world.woken).toEqual([]);
  });

  it('is woken once where a timer comes a moment too early', async () => {
    await addPower(world.context, 'PC', 'wol', inMinutes(1));
    const { after } = world.clock;
    Object.assign(world.clock, {
      after: (milliseconds: number, run: () => void) => after.call(world.clock, milliseconds * 0.999, run),
    });
    keeper.start();
    await world.clock.advance(3 * MINUTE);
    expect(world.woken).toEqual([MAC]);
  });

  it('is woken once where two of its times meet', async () => {
    await addPower(world.context, 'PC', 'wol', inMinutes(1));
    await addPower(world.context, 'PC', 'wol', '* * * * *');
    keeper.start();
    await world.clock.advance(MINUTE);
    expect(world.woken).toEqual([MAC]);
  });

  it('has magic packets sent to all its addresses, but to none that waits for approval', async () => {
    await addMac(world.context, 'PC', OTHER_MAC);
    await addMac(world.context, 'PC', '02:00:00:00:00:03');
    await world.store.commit(() =>
      world.store.db.prepare("UPDATE host_macs SET pending = 1 WHERE mac = '02:00:00:00:00:03'").run(),
    );
    await addPower(world.context, 'PC', 'wol', '* * * * *');
    keeper.start();
    await world.clock.advance(MINUTE);
    expect([...world.woken].sort()).toEqual([MAC, OTHER_MAC]);
  });

  it('is left alone when the plan is gone, or the host waits for approval', async () => {
    const { id } = await addPower(world.context, 'PC', 'wol', '* * * * *');
    await addHost(world.context, 'NEW', [OTHER_MAC], 'test');
    await addPower(world.context, 'NEW', 'wol', '* * * * *');
    await world.context.store.commit(() => world.context.hosts.change(2, { pending: true }));
    await removePower(world.context, id);
    keeper.start();
    await world.clock.advance(MINUTE);
    expect(world.woken).toEqual([]);
  });

  it.each([
    ['skips', 'right after it', '2026-03-29T00:00Z', '2026-03-29T01:00Z'],
    ['shows twice', 'the first time', '2026-10-24T23:00Z', '2026-10-25T00:30Z'],
  ])('is woken once where the clock %s the time: %s', async (_, _when, before, at) => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    await addPower(world.context, 'PC', 'wol', '30 2 * * *');
    await world.clock.advance(Date.parse(before) - world.clock.now());
    keeper.start();
    await world.clock.advance(Date.parse(at) - world.clock.now() - 1);
    expect(world.woken).toEqual([]);
    await world.clock.advance(1);
    expect(world.woken).toEqual([MAC]);
    await world.clock.advance(3 * 60 * MINUTE);
    expect(world.woken).toEqual([MAC]);
  });

  it('goes on being looked after when packets cannot be sent: the story says why', async () => {
    await addPower(world.context, 'PC', 'wol', '* * * * *');
    const { wake } = world.context;
    Object.assign(world.context, { wake: () => Promise.reject(new Error('send EPERM 10.0.0.255:9')) });
    keeper.start();
    await world.clock.advance(MINUTE);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'woken',
      outcome: 'failed',
      reasons: ['send EPERM 10.0.0.255:9'],
    });
    Object.assign(world.context, { wake });
    await world.clock.advance(MINUTE);
    expect(world.woken).toEqual([MAC]);
  });
});
