import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RandomPool } from '#random-pool.js';

describe('the pool of random bytes', () => {
  it('gives every byte once, also where a piece does not fit into the rest', () => {
    const asked: Buffer[] = [];
    const pool = new RandomPool((bytes) => {
      const fresh = randomBytes(bytes);
      asked.push(fresh);
      return fresh;
    });
    const pieces = Array.from({ length: 200 }, () => pool.take(48));
    expect(asked).toHaveLength(3);
    const perFill = Math.floor((asked[0]?.length ?? 0) / 48);
    for (const [index, piece] of pieces.entries()) {
      const at = (index % perFill) * 48;
      expect(piece).toEqual(asked[Math.floor(index / perFill)]?.subarray(at, at + 48));
    }
  });
});
