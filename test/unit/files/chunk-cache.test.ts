import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkCache } from '#files/chunk-cache.js';

describe('ChunkCache', () => {
  it('drops what was not used for longest', () => {
    const cache = new ChunkCache(30);
    for (const key of ['a', 'b', 'c']) cache.set(key, Buffer.alloc(10));
    cache.get('a');
    cache.set('d', Buffer.alloc(10));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.has(key))).toEqual(['a', 'c', 'd']);
  });

  it('does not take what is larger than all of it', () => {
    const cache = new ChunkCache(30);
    cache.set('a', Buffer.alloc(10));
    cache.set('big', Buffer.alloc(31));
    expect([cache.has('a'), cache.has('big'), cache.bytes]).toEqual([true, false, 10]);
  });

  it('stays within its budget and counts right', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new ChunkCache(40);
        for (const [key, size] of steps) cache.set(key, Buffer.alloc(size));
        const held = ['a', 'b', 'c', 'd', 'e'].reduce((sum, key) => sum + (cache.get(key)?.length ?? 0), 0);
        expect(cache.bytes).toBe(held);
        expect(held).toBeLessThanOrEqual(40);
      }),
    );
  });
});
