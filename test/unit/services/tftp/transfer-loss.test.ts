import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchange, type Fate } from './lossy-network.js';

const DELIVER: Fate = { kind: 'deliver' };
const contentOf = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

const MISHAPS: Record<string, Fate> = {
  lost: { kind: 'lose' },
  'doubled at once': { kind: 'double', by: 0 },
  'doubled, the copy one packet later': { kind: 'double', by: 2 },
  'doubled, the copy 150 ms later': { kind: 'double', by: 150 },
  'doubled, the copy 900 ms later': { kind: 'double', by: 900 },
  'late by one packet': { kind: 'delay', by: 2 },
  'late by 150 ms, after it was sent again': { kind: 'delay', by: 150 },
  'late by 1.2 s': { kind: 'delay', by: 1200 },
};

describe.each([
  ['without options', false],
  ['with an OACK', true],
])('a transfer of five blocks %s', (_, withOptions) => {
  const content = contentOf(4 * 16 + 5);
  const undisturbed = exchange(content, 16, withOptions, () => DELIVER);

  it('takes no packet more than it needs when nothing goes wrong', () => {
    expect(undisturbed.received).toEqual(content);
    expect(undisturbed.endings).toEqual(['complete']);
    expect(undisturbed.packets).toBe(1 + 5 * 2 + (withOptions ? 2 : 0));
  });

  it.each(Object.entries(MISHAPS))('arrives whole when any one packet is %s', (_name, mishap) => {
    for (let index = 0; index < undisturbed.packets; index++) {
      const result = exchange(content, 16, withOptions, (n) => (n === index ? mishap : DELIVER));
      expect(result.received, `packet ${index}`).toEqual(content);
      expect(result.endings, `packet ${index}`).toHaveLength(1);
      // The ACK of the last block is the one that nobody repeats.
      const isLast = index === undisturbed.packets - 1;
      expect(isLast ? ['complete', 'unconfirmed'] : ['complete'], `packet ${index}`).toContain(
        result.endings[0],
      );
      if (isLast) continue;
      // No Sorcerer's Apprentice: one mishap costs one copy of one block, not one of each that follows.
      const copies = [...result.sends.values()].reduce((sum, sends) => sum + sends - 1, 0);
      expect(copies, `copies after packet ${index}`).toBeLessThanOrEqual(2);
    }
  });

  it('arrives whole when any two packets are lost', () => {
    for (let first = 0; first < undisturbed.packets; first++) {
      for (let second = first + 1; second < undisturbed.packets + 2; second++) {
        const result = exchange(content, 16, withOptions, (n) =>
          n === first || n === second ? { kind: 'lose' } : DELIVER,
        );
        expect(result.received, `packets ${first} and ${second}`).toEqual(content);
        expect(result.endings).toHaveLength(1);
      }
    }
  });
});

describe.each([2, 3, 4, 8, 16])('a transfer of eleven blocks in windows of %i', (windowSize) => {
  const content = contentOf(10 * 16 + 5);
  const run = (fateOf: (n: number) => Fate) => exchange(content, 16, true, fateOf, windowSize);
  const undisturbed = run(() => DELIVER);

  it('has one ACK for each window when nothing goes wrong', () => {
    expect(undisturbed.received).toEqual(content);
    expect(undisturbed.endings).toEqual(['complete']);
    expect(undisturbed.packets).toBe(1 + 2 + 11 + Math.ceil(11 / windowSize));
  });

  it.each(Object.entries(MISHAPS))('arrives whole when any one packet is %s', (_name, mishap) => {
    for (let index = 0; index < undisturbed.packets; index++) {
      const result = run((n) => (n === index ? mishap : DELIVER));
      expect(result.received, `packet ${index}`).toEqual(content);
      expect(result.endings, `packet ${index}`).toHaveLength(1);
      // Nobody repeats the ACK of the last block.
      if (index === undisturbed.packets - 1) continue;
      // One mishap costs at most two windows once more, not one of each that follows.
      const copies = [...result.sends.values()].reduce((sum, sends) => sum + sends - 1, 0);
      expect(copies, `copies after packet ${index}`).toBeLessThanOrEqual(2 * windowSize);
    }
  });

  it('a block lost in a window is sent again at once, not after a timeout', () => {
    // The request, the OACK and its ACK come first; of the last window nothing tells of a loss at its end.
    for (let index = 3; index < 3 + Math.min(windowSize, 11) - 1; index++) {
      const result = run((n) => (n === index ? { kind: 'lose' } : DELIVER));
      expect(result.ms, `packet ${index}`).toBeLessThan(50);
    }
  });

  it('arrives whole when any two packets are lost', () => {
    for (let first = 0; first < undisturbed.packets; first++) {
      for (let second = first + 1; second < undisturbed.packets + 2; second++) {
        const result = run((n) => (n === first || n === second ? { kind: 'lose' } : DELIVER));
        expect(result.received, `packets ${first} and ${second}`).toEqual(content);
        expect(result.endings).toHaveLength(1);
      }
    }
  });
});

describe('a transfer on a bad network', () => {
  const fate: fc.Arbitrary<Fate> = fc.oneof(
    { weight: 5, arbitrary: fc.constant(DELIVER) },
    { weight: 2, arbitrary: fc.constant<Fate>({ kind: 'lose' }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }).map((by): Fate => ({ kind: 'delay', by })) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }).map((by): Fate => ({ kind: 'double', by })) },
  );

  it('arrives whole and has one ending, whatever happens to the first forty packets', () => {
    fc.assert(
      fc.property(
        fc.array(fate, { maxLength: 40 }),
        fc.integer({ min: 0, max: 12 * 16 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 6 }),
        (fates, size, options, windowSize) => {
          const content = contentOf(size);
          const result = exchange(content, 16, options, (n) => fates[n] ?? DELIVER, options ? windowSize : 1);
          expect(result.endings).toHaveLength(1);
          // Many losses of the same packet outlast the server's patience; everything else must arrive.
          if (result.received || result.endings[0] === 'complete') expect(result.received).toEqual(content);
          else expect(fates.filter(({ kind }) => kind === 'lose').length).toBeGreaterThanOrEqual(4);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
