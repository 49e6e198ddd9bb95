import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMap } from '#recent-map.js';

describe('RecentMap', () => {
  it('keeps at least so many of the entries set last, and at most twice as many', () => {
    const keys = fc.array(fc.nat(12), { maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 5 }), (sets, least) => {
        const map = new RecentMap<number, number>(least);
        sets.forEach((key, at) => {
          map.set(key, at);
        });
        const recent = [...new Set([...sets].reverse())];
        for (const key of recent.slice(0, least)) expect(map.get(key)).toBe(sets.lastIndexOf(key));
        const kept = recent.filter((key) => map.get(key) !== undefined);
        expect(kept.length).toBeLessThanOrEqual(2 * least);
        for (const key of kept) expect(map.get(key)).toBe(sets.lastIndexOf(key));
      }),
    );
  });

  it('gives back nothing that was deleted, however old it was', () => {
    const map = new RecentMap<string, number>(2);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    map.set('a', 2);
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
  });
});
