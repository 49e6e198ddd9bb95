import { describe, expect, it } from 'vitest';
import { Turns } from '#services/tftp/turns.js';

/** Turns whose time passes only by work, and which happen only when they are called for. */
function setUp() {
  let now = 0;
  const deferred: (() => void)[] = [];
  const turns = new Turns({ stopwatch: () => now, defer: (run) => deferred.push(run) });
  const done: string[] = [];
  return {
    turns,
    done,
    /** A piece of work of so many milliseconds. */
    take: (kind: 'request' | 'of-transfer', name: string, ms = 1): void =>
      turns.take(kind, () => {
        now += ms;
        done.push(name);
      }),
    /** What is called between two turns: by then others had theirs. */
    turn: (): void => {
      for (const run of deferred.splice(0)) run();
    },
    get isOver() {
      return deferred.length === 0;
    },
  };
}

describe('Turns', () => {
  it('does at once what there is time for', () => {
    const { take, done, turns } = setUp();
    for (const name of ['a', 'b', 'c']) take('of-transfer', name);
    expect([done, turns.waiting]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('lets others have their turn while a thousand packets wait, and loses none', () => {
    const { take, done, turn, turns } = setUp();
    for (let n = 0; n < 1000; n++) take('of-transfer', String(n));
    expect(done).toHaveLength(4);
    for (let turnsTaken = 1; turns.waiting > 0; turnsTaken++) {
      turn();
      expect(done.length).toBe(4 + 4 * turnsTaken);
    }
    expect(done).toEqual(Array.from({ length: 1000 }, (_, n) => String(n)));
  });

  it('keeps what comes later behind what waits', () => {
    const { take, done, turn } = setUp();
    for (let n = 0; n < 6; n++) take('of-transfer', String(n));
    turn();
    take('of-transfer', '6');
    expect(done).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('puts running transfers first, and lets some requests through all the same', () => {
    const { take, done, turn } = setUp();
    take('of-transfer', 'long', 4);
    for (let n = 0; n < 20; n++) take('request', 'request');
    for (let n = 0; n < 6; n++) take('of-transfer', 'ack');
    turn();
    expect(done.slice(1)).toEqual([...Array(4).fill('ack'), ...Array(16).fill('request')]);
    turn();
    expect(done.slice(21)).toEqual([...Array(2).fill('ack'), ...Array(4).fill('request')]);
  });

  it('comes to rest when nothing waits', () => {
    const lab = setUp();
    for (let n = 0; n < 10; n++) lab.take('of-transfer', String(n));
    for (let turns = 0; !lab.isOver; turns++) {
      expect(turns).toBeLessThan(10);
      lab.turn();
    }
    expect(lab.done).toHaveLength(10);
  });

  it('holds no more than a bounded number, and does the rest at once', () => {
    const { take, done, turns } = setUp();
    take('request', 'long', 4);
    for (let n = 0; n < 15_000; n++) take('request', String(n));
    expect(turns.waiting).toBe(10_000);
    expect(done).toHaveLength(5_001);
  });
});
