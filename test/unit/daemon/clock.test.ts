import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, createSystemClock } from '#daemon/clock.js';

describe('what falls due about then', () => {
  const fired: Array<readonly [string, number]> = [];
  const note = (name: string) => () => fired.push([name, performance.now()]);

  // Each its own: services of other tests in this process have moments in real time.
  let clock: Clock;

  beforeEach(() => {
    fired.length = 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    clock = createSystemClock();
  });
  afterEach(() => vi.useRealTimers());

  it('comes up to a second earlier or later, all of it together', async () => {
    const start = performance.now();
    const asked = [2_000, 2_700, 3_333, 5_000, 15_000, 59_100];
    for (const [at, milliseconds] of asked.entries()) {
      clock.afterAbout(milliseconds, note(String(milliseconds)));
      await vi.advanceTimersByTimeAsync(at * 37);
    }
    const wakeUps = vi.getTimerCount();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(fired).toHaveLength(asked.length);
    const passed = [0, 0, 37, 111, 222, 370];
    for (const [at, milliseconds] of asked.entries()) {
      const [, moment] = fired.find(([name]) => name === String(milliseconds)) ?? ['', Number.NaN];
      expect(Math.abs(moment - start - (passed[at] ?? 0) - milliseconds)).toBeLessThanOrEqual(1_001);
      expect(Math.abs(moment - Math.round(moment / 2_000) * 2_000)).toBeLessThanOrEqual(1);
    }
    expect(wakeUps).toBeLessThan(asked.length);
  });

  it('keeps its pace when it is asked for again each time', async () => {
    const again = (name: string, milliseconds: number): void => {
      clock.afterAbout(milliseconds, () => {
        note(name)();
        again(name, milliseconds);
      });
    };
    again('two', 2_000);
    again('five', 5_000);
    again('fifteen', 15_000);
    await vi.advanceTimersByTimeAsync(120_000);
    const count = (name: string) => fired.filter(([one]) => one === name).length;
    expect(count('two')).toBeGreaterThanOrEqual(59);
    expect(count('two')).toBeLessThanOrEqual(61);
    expect(count('five')).toBeGreaterThanOrEqual(19);
    expect(count('five')).toBeLessThanOrEqual(31);
    expect(count('fifteen')).toBeGreaterThanOrEqual(7);
    expect(count('fifteen')).toBeLessThanOrEqual(9);
  });

  it('never comes at once, however short, and never twice', async () => {
    let asked = 0;
    const again = (): void => {
      asked++;
      clock.afterAbout(0, again);
    };
    again();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBeLessThanOrEqual(7);
  });

  it('does not come when it is cancelled, not even by another one of its moment', async () => {
    const cancels: Array<() => void> = [];
    clock.afterAbout(4_000, () => {
      note('first')();
      for (const cancel of cancels) cancel();
    });
    cancels.push(clock.afterAbout(4_000, note('second')));
    clock.afterAbout(4_000, note('third'));
    clock.afterAbout(6_000, note('cancelled at once'))();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fired.map(([name]) => name)).toEqual(['first', 'third']);
  });
});
