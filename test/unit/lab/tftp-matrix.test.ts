import { describe, expect, it } from 'vitest';
import { CLIENT_NAMES, type Matrix, matrixText, SIZE_NAMES } from '../../lab/tftp-matrix.js';

const cells = Object.fromEntries(SIZE_NAMES.map((size) => [size, 'same']));
const full: Matrix = Object.fromEntries(
  CLIENT_NAMES.map((name) => [name, { version: '1.0', blk: '512', cells }]),
);

describe('matrixText', () => {
  it('has a line for each client, with its version', () => {
    const { text, missing } = matrixText(full);
    expect(text.split('\n')).toHaveLength(1 + CLIENT_NAMES.length);
    expect(text).toMatch(/^curl {2,}512 {2,}same .* same +1\.0$/m);
    expect(missing).toEqual([]);
  });

  it('names each cell that nobody noted', () => {
    const { blk: _, ...rest } = cells;
    const { iPXE: __, ...others } = full;
    const { text, missing } = matrixText({ ...others, curl: { version: '1.0', blk: '512', cells: rest } });
    expect(missing).toEqual(['curl, blk', ...SIZE_NAMES.map((size) => `iPXE, ${size}`)]);
    expect(text).toMatch(/^curl .* MISSING /m);
  });

  it('shows what a client cannot do as a note', () => {
    const limits = { ...cells, '0': 'asks for nothing', '1': 'asks for nothing' };
    const { text, missing } = matrixText({ ...full, busybox: { version: '1.0', blk: '512', cells: limits } });
    expect(text).toMatch(/^busybox +512 +\(1\) +\(1\) +same/m);
    expect(text.endsWith('\n(1) asks for nothing')).toBe(true);
    expect(missing).toEqual([]);
  });
});
