import { describe, expect, it } from 'vitest';
import { startHeartbeat } from '#daemon/heartbeat.js';
import { VirtualClock } from '../virtual-clock.js';

describe('heartbeat', () => {
  it('gives three signs of life in the time that the watchdog waits, the first at once', async () => {
    const clock = new VirtualClock(0);
    const beats: number[] = [];
    startHeartbeat(clock, 30_000, () => beats.push(clock.now()));
    await clock.advance(30_000);
    expect(beats).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('is silent once it was ended', async () => {
    const clock = new VirtualClock(0);
    let beats = 0;
    const end = startHeartbeat(clock, 3_000, () => {
      beats += 1;
    });
    await clock.advance(1_000);
    end();
    await clock.advance(10_000);
    expect(beats).toBe(2);
  });
});
