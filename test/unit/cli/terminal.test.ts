import { describe, expect, it } from 'vitest';
import { listing, oneLine, table } from '#cli/tables.js';
import { bar, ProgressLine, terminalWidth } from '#cli/terminal.js';

const stream = (isTTY: boolean, columns?: number) => {
  const written: string[] = [];
  const fake = { isTTY, columns, write: (text: string) => written.push(text) > 0 };
  return { stream: fake as unknown as NodeJS.WriteStream, written };
};

describe('the width', () => {
  it('is that of the terminal, and of nothing else', () => {
    expect(terminalWidth(stream(true, 120).stream)).toBe(120);
    expect(terminalWidth(stream(true, 0).stream)).toBe(80);
    expect(terminalWidth(stream(false, 120).stream)).toBeUndefined();
  });
});

describe('a listing', () => {
  const rows = [
    ['pc1', 'a'.repeat(60), 'short'],
    ['pc2', 'b'.repeat(20), 'c'.repeat(50)],
  ];

  it('has its longest cells cut on a terminal', () => {
    const lines = listing(['NAME', 'WHAT', 'WHY'], rows, 60);
    expect(lines).toEqual([
      'NAME  WHAT                        WHY',
      `pc1   ${'a'.repeat(25)}…  short`,
      `pc2   ${'b'.repeat(20)}        ${'c'.repeat(25)}…`,
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  });

  it.each([1, 10, 25, 40, 79, 200])(
    'is not wider than %d columns where its columns can be narrowed',
    (width) => {
      for (const line of listing(['NAME', 'WHAT', 'WHY'], rows, width))
        expect(line.length).toBeLessThanOrEqual(Math.max(width, 24));
    },
  );

  it('is whole elsewhere', () => {
    expect(listing(['NAME', 'WHAT', 'WHY'], rows, undefined)[1]).toContain('a'.repeat(60));
    expect(table(rows)[0]).toContain('a'.repeat(60));
  });
});

describe('text of strangers', () => {
  it('steers no terminal', () => {
    expect(table([['\x1b[31mred\u202e', 'a\nb']])).toEqual(['?[31mred?  a?b']);
    expect(oneLine('a\n  b\x07')).toBe('a b?');
  });

  it('makes a line of what is wrong no longer than can be read', () => {
    const line = oneLine(`${'x'.repeat(100_000)}: say less`);
    expect(line.length).toBeLessThan(1100);
    expect(line).toMatch(/ … x+: say less$/);
  });
});

describe('progress', () => {
  it('draws one line again on a terminal, not too often, and takes it away', () => {
    let now = 0;
    const { stream: terminal, written } = stream(true, 12);
    const line = new ProgressLine(() => now, terminal);
    line.say('1 MB saved');
    line.say('2 MB saved');
    now = 100;
    line.say('300000 MB saved');
    line.done();
    line.done();
    expect(written).toEqual(['\r\x1b[2K1 MB saved', '\r\x1b[2K300000 MB s', '\r\x1b[2K']);
  });

  it('says nothing where there is no terminal', () => {
    const { stream: pipe, written } = stream(false);
    const line = new ProgressLine(() => 0, pipe);
    line.say('1 MB saved');
    line.done();
    expect(written).toEqual([]);
  });

  it.each([
    [0, '[----]'],
    [0.5, '[##--]'],
    [1, '[####]'],
  ])('of %d is the bar %s', (done, expected) => {
    expect(bar(done, 4)).toBe(expected);
  });
});
