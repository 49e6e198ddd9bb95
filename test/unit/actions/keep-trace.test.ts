import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TraceKeeper } from '#actions/keep-trace.js';
import { Store } from '#store/store.js';
import { TraceRepository } from '#store/trace.js';
import type { Decision } from '#trace/decision.js';
import { settle, VirtualClock } from '../virtual-clock.js';

const MAC = '52:54:00:00:00:01';
const decision = (event: string): Decision => ({
  service: 'fos',
  event,
  outcome: 'answered',
  who: { mac: MAC },
  reasons: [],
});

let folder: string;
let store: Store;
let clock: VirtualClock;
let lines: string[];
let keeper: TraceKeeper;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-trace-'));
  clock = new VirtualClock();
  store = await Store.open({ file: join(folder, 'fogd.sqlite'), clock, onWarning: () => undefined });
  lines = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  keeper = new TraceKeeper({ store, repository: new TraceRepository(store), clock, log, keepDays: 2 });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const stored = () => store.db.prepare('SELECT event FROM trace ORDER BY id').pluck().all();

describe('trace keeper', () => {
  it('writes batches by itself, once a second', async () => {
    keeper.start();
    keeper.record(decision('registered'));
    expect(stored()).toEqual([]);
    await clock.advance(1_000);
    await keeper.flush();
    expect(stored()).toEqual(['registered']);
    await keeper.stop();
  });

  it('lets nothing tick while nothing happens, and then writes again', async () => {
    keeper.start();
    await clock.advance(1_000);
    await keeper.flush();
    await settle();
    const timers = vi.spyOn(clock, 'after');
    await clock.advance(60_000);
    expect(timers).not.toHaveBeenCalled();
    keeper.record(decision('late'));
    keeper.record(decision('later'));
    expect(timers).toHaveBeenCalledTimes(1);
    await clock.advance(1_000);
    await keeper.flush();
    expect(stored()).toEqual(['late', 'later']);
    await keeper.stop();
  });

  it('writes what is left when it stops', async () => {
    keeper.record(decision('registered'));
    await keeper.stop();
    expect(stored()).toEqual(['registered']);
  });

  it('shows the newest without waiting for the next batch', async () => {
    keeper.record(decision('registered'));
    expect(await keeper.ofMac(MAC, 0, 10)).toMatchObject([
      { event: 'registered', who: { mac: MAC }, count: 1 },
    ]);
  });

  it('forgets after the days it was told', async () => {
    keeper.record(decision('old'));
    await keeper.flush();
    await clock.advance(3 * 86_400_000);
    keeper.record(decision('new'));
    await keeper.flush();
    expect(stored()).toEqual(['new']);
  });

  it('logs a flood once', () => {
    for (let n = 0; n < 100; n++)
      keeper.record({ ...decision('ignored'), outcome: 'ignored', reasons: ['junk'] });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      service: 'fos',
      event: 'ignored',
      mac: MAC,
      reasons: ['junk'],
    });
  });

  it('writes what fills a slice at once, else within a second', async () => {
    keeper.start();
    for (let n = 0; n < 199; n++) keeper.record(decision(`e${n}`));
    await clock.advance(999);
    expect(stored()).toHaveLength(0);
    keeper.record(decision('full'));
    await clock.advance(0);
    await settle();
    expect(stored()).toHaveLength(200);
    await keeper.stop();
  });

  it('goes on when the store cannot be written', async () => {
    keeper.record(decision('lost'));
    const commit = store.commitGrouped.bind(store);
    store.commitGrouped = () => Promise.reject(new Error('disk full'));
    await keeper.flush();
    store.commitGrouped = commit;
    expect(lines.at(-1)).toContain('the trace could not be written');
    keeper.record(decision('kept'));
    await keeper.flush();
    expect(stored()).toEqual(['kept']);
  });
});
