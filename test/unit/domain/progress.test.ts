import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continued, overallPercent, type Progress, parseProgress } from '#domain/progress.js';

/** Lines of the real client (spec fos-protocol 4.5, 11.3). */
describe('progress line', () => {
  it.each([
    [
      '  5.32GB@00:01:10@00:03:40@6.212 GiB@25.370 GiB@ 24.48@27240830976.000000\n',
      {
        rate: '5.32GB',
        elapsed: '00:01:10',
        remaining: '00:03:40',
        copied: '6.212 GiB',
        total: '25.370 GiB',
        percent: 24.48,
      },
    ],
    [
      '  0.00byte@00:00:01@00:01:39@0 iB@64.00 MiB@  1.00@67108864.000000',
      { rate: '0.00byte', copied: '0 iB', percent: 1 },
    ],
    ['a@b@c@d@e@5', { percent: 5 }],
  ])('%j is read', (line, expected) => {
    expect(parseProgress(line, 7)).toMatchObject({ ...expected, at: 7 });
  });

  it.each([
    '',
    '\n',
    'a@b@c',
    'a@b@c@d@e@f',
    'a@b@c@d@e@101',
    'a@b@c@d@e@-1',
    '<b>@b@c@d@e@1',
    '@@@@@1',
    `${'x'.repeat(50)}@b@c@d@e@1`,
  ])('%j is none', (line) => {
    expect(parseProgress(line, 0)).toBeUndefined();
  });

  it('never throws and lets no markup through', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { maxLength: 8 }), (text, fields) => {
        for (const line of [text, fields.join('@')]) {
          const { rate, elapsed, remaining, copied, total } = parseProgress(line, 0) ?? {
            rate: '',
            elapsed: '',
            remaining: '',
            copied: '',
            total: '',
          };
          for (const value of [rate, elapsed, remaining, copied, total])
            expect(value).toMatch(/^[A-Za-z0-9:. -]*$/);
        }
      }),
    );
  });
});

describe('the way of a whole image', () => {
  const MIB = 1_048_576;
  const report = (rate: string, percent: number, mebibytes: number): string =>
    `${rate}@00:00:01@00:00:01@1 MiB@2 MiB@${percent}@${mebibytes * MIB}.000000`;
  /** After these lines, of an image of 1000 MiB. */
  const overall = (...lines: string[]): number | null => {
    const last = lines.reduce<Progress | null>((before, line) => {
      const parsed = parseProgress(line, 0);
      return parsed ? continued(before, parsed) : before;
    }, null);
    return last && overallPercent(last, 1000 * MIB);
  };

  it.each<[string, number | null, string[]]>([
    ['one partition', 25, [report('5.00GB', 50, 500)]],
    ['the second: its total differs', 30, [report('5.00GB', 90, 100), report('5.00GB', 25, 800)]],
    [
      'the second of the same size: its percentage fell',
      55,
      [report('5.00GB', 90, 500), report('5.00GB', 10, 500)],
    ],
    [
      'a bitmap that is read counts for nothing (spec 11.7)',
      14,
      [
        report('0.00byte', 99, 1),
        report('5.00GB', 40, 100),
        report('0.00byte', 50, 1),
        report('5.00GB', 5, 800),
      ],
    ],
    ['only a bitmap so far', null, [report('0.00byte', 50, 100)]],
    ['a client that tells no size', null, ['a@b@c@d@e@5']],
    ['never more than all', 100, [report('5.00GB', 100, 900), report('5.00GB', 100, 800)]],
  ])('%s: %d %%', (_, expected, lines) => {
    expect(overall(...lines)).toBe(expected);
  });
});
