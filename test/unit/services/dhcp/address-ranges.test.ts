import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRanges, sizeOf, without } from '#services/dhcp/address-ranges.js';

const range = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([first, more]) => ({ first, last: first + more }));

test('what is left is what is in a range and in no hole, in order, each address once', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), fc.array(range, { maxLength: 6 }), (ranges, holes) => {
      const left = without(ranges, holes);
      const isIn = (list: readonly { first: number; last: number }[], at: number) =>
        list.some(({ first, last }) => at >= first && at <= last);
      const wanted = Array.from({ length: 80 }, (_, at) => at).filter(
        (at) => isIn(ranges, at) && !isIn(holes, at),
      );
      expect(
        left.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n)),
      ).toEqual(wanted);
      expect(sizeOf(left)).toBe(wanted.length);
      for (let at = 0; at < 80; at++) expect(isInRanges(left, at)).toBe(wanted.includes(at));
    }),
    { numRuns: 500 },
  );
});
