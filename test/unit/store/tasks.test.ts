import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#daemon/clock.js';
import { queueDecision } from '#domain/queue.js';
import { TaskState } from '#domain/task.js';
import { HostRepository } from '#store/hosts.js';
import { SessionRepository } from '#store/sessions.js';
import { Store } from '#store/store.js';
import { TaskRepository } from '#store/tasks.js';

let folder: string;
let store: Store;
let tasks: TaskRepository;
let hostId: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-tasks-'));
  store = await Store.open({
    file: join(folder, 'fogd.sqlite'),
    clock: systemClock,
    onWarning: () => undefined,
  });
  tasks = new TaskRepository(store);
  const macs = ['00:11:22:33:44:55'];
  hostId = await store.commit(
    () =>
      new HostRepository(store).add({ name: 'pc', description: '', createdAt: 1, createdBy: 'test', macs })
        .id,
  );
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => store.commit(() => store.db.exec('DELETE FROM tasks')));

const DEPLOY = 1;
const CAPTURE = 2;

/** Deploys that wait, as [first check-in, last poll]; gives their ids. */
function crowd(times: readonly (readonly [number, number])[], typeId = DEPLOY): number[] {
  return times.map(([checkedInAt, seenAt]) => {
    const transition = { state: TaskState.checkedIn, at: 1, actor: 'test', reason: '' };
    const id = tasks.add({ typeId, hostId, nodeId: 1 }, transition);
    tasks.checkIn(id, checkedInAt, seenAt);
    return id;
  });
}

const places = (taskId: number, checkedInAt: number, seenSince = 0) =>
  tasks.placesBefore({ taskId, nodeId: 1, checkedInAt, seenSince });

describe('queue of a storage node', () => {
  it('counts those that came earlier', () => {
    const [first = 0, second = 0, third = 0] = crowd([
      [50, 100],
      [60, 100],
      [200, 200],
    ]);
    expect([places(first, 50), places(second, 60), places(third, 200)]).toEqual([0, 1, 2]);
    expect(tasks.waiting(1)).toBe(3);
    expect(tasks.waiting(2)).toBe(0);
  });

  it('counts no capture', () => {
    crowd([[50, 100]], CAPTURE);
    const [one = 0] = crowd([[60, 100]]);
    expect(places(one, 60)).toBe(0);
  });

  it('forgets a machine that stopped asking', () => {
    const [, late = 0] = crowd([
      [50, 3000],
      [4500, 5000],
    ]);
    expect(places(late, 4500, 3000)).toBe(1);
    expect(places(late, 4500, 3001)).toBe(0);
  });

  it('orders two that came in the same millisecond by their number', () => {
    const [one = 0, two = 0] = crowd([
      [100, 100],
      [100, 100],
    ]);
    expect([places(one, 100), places(two, 100)]).toEqual([0, 1]);
  });

  it('of any waiting crowd lets exactly as many through as there are slots, first come first served', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (times, maxClients) => {
          store.db.exec('DELETE FROM tasks');
          const all = crowd(times.map((at) => [at, 10])).map((id, index) => ({ id, at: times[index] ?? 0 }));
          const node = { name: 'one', enabled: true, maxClients };
          const go = all.filter(({ id, at }) => {
            const place = { node, hasFailed: false, takesSlot: true, used: 0, before: places(id, at) };
            return queueDecision(place).kind === 'go';
          });
          const first = all.toSorted((a, b) => a.at - b.at || a.id - b.id).slice(0, maxClients);
          expect(new Set(go)).toEqual(new Set(first));
        },
      ),
    );
  });
});

/** Asked at each poll, boot script or report: their cost must not grow with the finished tasks of a large site. */
describe('look-ups of tasks and sessions', () => {
  it('read no table from end to end', () => {
    const asked = new Set<string>();
    const spied = new Proxy(store, {
      get: (target, name) =>
        name === 'prepare'
          ? (sql: string) => {
              asked.add(sql);
              return target.prepare(sql);
            }
          : Reflect.get(target, name),
    });
    const repository = new TaskRepository(spied);
    repository.active(1);
    repository.allActive();
    repository.slotsUsed(1, 0);
    repository.waiting(1);
    repository.placesBefore({ taskId: 1, nodeId: 1, checkedInAt: 1, seenSince: 1 });
    const sessions = new SessionRepository(spied);
    sessions.open();
    sessions.openOfTask(1);
    sessions.liveOfTask(1);
    sessions.latestOfTask(1);
    sessions.liveOfMac('00:11:22:33:44:55');
    sessions.keepOffers('00:11:22:33:44:55', 1);
    const plans = [...asked].map((sql) => {
      const unbound = sql.replaceAll('?', '1');
      return (store.db.prepare(`EXPLAIN QUERY PLAN ${unbound}`).all() as { detail: string }[]).map(
        ({ detail }) => detail,
      );
    });
    expect(plans.length).toBe(11);
    expect(plans.flat().filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
  });
});
