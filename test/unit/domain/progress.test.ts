import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProgress } from '#domain/progress.js';

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
          const { at: _, percent: __, ...texts } = parseProgress(line, 0) ?? { at: 0, percent: 0 };
          for (const value of Object.values(texts)) expect(value).toMatch(/^[A-Za-z0-9:. -]*$/);
        }
      }),
    );
  });
});
