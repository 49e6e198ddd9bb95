import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agree } from '#services/tftp/options.js';

const limits = { maxBlockSize: 1428, maxWindowSize: 16, size: 74213 };
const ask = (...pairs: [string, string][]) =>
  agree(
    pairs.map(([name, value]) => ({ name, value })),
    limits,
  );

describe('agree', () => {
  it('sends blocks of 512 bytes without OACK when nothing is asked for', () => {
    expect(ask()).toEqual({ blockSize: 512, windowSize: 1, granted: [] });
  });

  it.each([
    ['blksize as asked', ['blksize', '1024'], 1024, '1024'],
    ['blksize cut to the setting', ['blksize', '65464'], 1428, '1428'],
    ['blksize beyond the RFC', ['blksize', '70000'], 1428, '1428'],
    ['the least blksize', ['blksize', '8'], 8, '8'],
  ] as const)('grants %s', (_, [name, value], blockSize, answer) => {
    expect(ask([name, value])).toEqual({ blockSize, windowSize: 1, granted: [{ name, value: answer }] });
  });

  it.each([
    ['blksize below 8', 'blksize', '7'],
    ['a negative blksize', 'blksize', '-1'],
    ['blksize in words', 'blksize', 'big'],
    ['an empty blksize', 'blksize', ''],
    ['timeout 0', 'timeout', '0'],
    ['timeout 256', 'timeout', '256'],
    ['windowsize 0', 'windowsize', '0'],
    ['windowsize beyond the RFC', 'windowsize', '65536'],
    ['utimeout too short', 'utimeout', '9999'],
    ['utimeout too long', 'utimeout', '255000001'],
    ['multicast', 'multicast', ''],
    ['tsize of many digits', 'tsize', '1'.repeat(33)],
  ])('leaves out %s', (_, name, value) => {
    expect(ask([name, value])).toEqual({ blockSize: 512, windowSize: 1, granted: [] });
  });

  it('answers in the order and the spelling of the client, each option once', () => {
    expect(ask(['TSIZE', '0'], ['Timeout', '3'], ['x', '1'], ['blkSize', '512'], ['blksize', '9'])).toEqual({
      blockSize: 512,
      windowSize: 1,
      timeoutMs: 3000,
      granted: [
        { name: 'TSIZE', value: '74213' },
        { name: 'Timeout', value: '3' },
        { name: 'blkSize', value: '512' },
      ],
    });
  });

  it.each([
    ['as asked', '8', 8],
    ['cut to the setting', '65535', 16],
  ])('grants windowsize %s', (_, value, windowSize) => {
    const granted = [{ name: 'windowsize', value: String(windowSize) }];
    expect(ask(['windowsize', value])).toEqual({ blockSize: 512, windowSize, granted });
  });

  it('takes the timeout of tftp-hpa in microseconds', () => {
    expect(ask(['utimeout', '250000'])).toMatchObject({ timeoutMs: 250, granted: [{ value: '250000' }] });
  });

  it('tells the size whatever number came with tsize', () => {
    expect(ask(['tsize', '100000000000000000000']).granted).toEqual([{ name: 'tsize', value: '74213' }]);
  });

  it('does not tell the size of an empty file, which curl takes for an error', () => {
    expect(agree([{ name: 'tsize', value: '0' }], { ...limits, size: 0 }).granted).toEqual([]);
  });

  it('never agrees to a block outside 8 and the setting', () => {
    const option = fc.record({
      name: fc.constantFrom('blksize', 'BLKSIZE', 'timeout', 'tsize', 'x'),
      value: fc.oneof(fc.string(), fc.integer().map(String)),
    });
    fc.assert(
      fc.property(fc.array(option), (asked) => {
        const { blockSize, timeoutMs } = agree(asked, limits);
        expect(blockSize).toBeGreaterThanOrEqual(8);
        expect(blockSize).toBeLessThanOrEqual(1428);
        if (timeoutMs !== undefined) expect(timeoutMs).toBeGreaterThanOrEqual(1000);
      }),
    );
  });
});
