import { describe, expect, it } from 'vitest';
import { PartcloneStream } from '#images/partclone-stream.js';

/** A stream of version 0001, which no partclone of today writes: a byte for each block, a checksum behind each. */
function versionOne(used: readonly boolean[], blockBytes: number): Buffer {
  const head = Buffer.alloc(4160);
  head.write('partclone-image', 0, 'latin1');
  head.write('EXTFS', 15, 'latin1');
  head.write('0001', 30, 'latin1');
  head.writeUInt32LE(blockBytes, 36);
  head.writeBigUInt64LE(BigInt(used.length * blockBytes), 40);
  head.writeBigUInt64LE(BigInt(used.length), 48);
  head.writeBigUInt64LE(BigInt(used.filter(Boolean).length), 56);
  const bitmap = Buffer.from(used.map(Number));
  const blocks = used.filter(Boolean).map(() => Buffer.alloc(blockBytes + 4, 'b'));
  return Buffer.concat([head, bitmap, Buffer.from('BiTmAgIc'), ...blocks]);
}

function problemOf(stream: Buffer, pieceBytes: number): string | undefined {
  const reader = new PartcloneStream();
  for (let from = 0; from < stream.length; from += pieceBytes)
    reader.feed(stream.subarray(from, from + pieceBytes));
  return reader.end();
}

describe('a stream of partclone 0001', () => {
  const stream = versionOne([true, false, false, true, true, false, true], 512);

  it.each([1, 7, 4160, 1 << 20])('is whole, in pieces of %i bytes', (size) => {
    expect(problemOf(stream, size)).toBeUndefined();
  });

  it.each([
    [stream.length - 1, /^ends too early: 6238 of 6239 bytes of its file system's 4 blocks are there$/],
    [4167, /^ends too early/],
    [4159, /^ends within the head/],
    [0, /^ends within the head/],
  ])('that ends after %i bytes is told', (length, told) => {
    expect(problemOf(stream.subarray(0, length), 1000)).toMatch(told);
  });

  it('that is none is told', () => {
    expect(problemOf(Buffer.alloc(5000, 'x'), 1000)).toBe('is not a partclone image');
  });
});
