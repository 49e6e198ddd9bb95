import { describe, expect, it } from 'vitest';
import { RoundTrip } from '#services/tftp/round-trip.js';

describe('RoundTrip', () => {
  it('begins with a second', () => {
    expect(new RoundTrip().wait).toBe(1000);
  });

  it('comes down to a tenth of a second on a fast network, and never below', () => {
    const trip = new RoundTrip();
    for (let i = 0; i < 20; i++) trip.sample(1);
    expect(trip.wait).toBe(100);
  });

  it('allows for a slow client', () => {
    const trip = new RoundTrip();
    for (let i = 0; i < 50; i++) trip.sample(400);
    expect(trip.wait).toBeGreaterThanOrEqual(400);
    expect(trip.wait).toBeLessThan(600);
  });

  it('doubles up to five seconds, and a sample brings it back', () => {
    const trip = new RoundTrip();
    const waits = Array.from({ length: 5 }, () => {
      trip.backOff();
      return trip.wait;
    });
    expect(waits).toEqual([2000, 4000, 5000, 5000, 5000]);
    trip.sample(10);
    expect(trip.wait).toBe(100);
  });

  it('never waits longer than the client asked for', () => {
    const trip = new RoundTrip(1000);
    trip.backOff();
    expect(trip.wait).toBe(1000);
    expect(new RoundTrip(255_000).wait).toBe(1000);
  });

  it('bears a clock that was set back', () => {
    const trip = new RoundTrip();
    trip.sample(-5000);
    expect(trip.wait).toBe(100);
  });
});
