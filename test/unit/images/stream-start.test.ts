import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packing } from '#images/image-shape.js';
import { partcloneHeader } from '#images/partclone-header.js';
import { streamStart } from '#images/stream-start.js';
import { zstdStart } from '#images/zstd-start.js';
import { pack, partclone, temporaryFolder, temporaryFolders } from './fixture.js';

temporaryFolders();

const path = join(temporaryFolder(), 'file');

async function start(bytes: Buffer, packing: Packing): Promise<Buffer | string> {
  writeFileSync(path, bytes);
  const file = await open(path);
  try {
    return await streamStart(file, packing);
  } finally {
    await file.close();
  }
}

describe('beginning of a data file', () => {
  const head = partclone('NTFS', 1_048_576);

  it.each<Packing>(['raw', 'gzip', 'zstd'])('unpacks %s', async (packing) => {
    const bytes = await start(pack(Buffer.concat([head, Buffer.alloc(50_000)]), packing), packing);
    expect(typeof bytes === 'string' ? bytes : partcloneHeader(bytes)).toEqual({
      version: 2,
      fileSystem: 'NTFS',
      deviceBytes: 1_048_576,
      usedBytes: 512,
    });
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'is empty'],
    ['another packing', gzipSync(head), 'is gzip where the image format says zstd'],
    ['something else', Buffer.from('hello, world'), 'is something else where the image format says zstd'],
    ['a cut block', pack(head, 'zstd').subarray(0, 60), 'ends within its first block'],
    [
      'a damaged block',
      Buffer.from('28b52ffd0088550000ffffffffffffffffffffff', 'hex'),
      'is damaged: its beginning cannot be unpacked as zstd',
    ],
    [
      'a reserved block',
      Buffer.from('28b52ffd00880f0000ffff', 'hex'),
      'is damaged: its beginning cannot be unpacked as zstd',
    ],
  ])('tells %s', async (_, bytes, reason) => {
    expect(await start(bytes, 'zstd')).toBe(reason);
  });

  it('tells a damaged gzip', async () => {
    expect(await start(Buffer.from('1f8b0800000000000003ffffffffff', 'hex'), 'gzip')).toMatch(/^is damaged/);
  });

  it('bounds what a hostile zstd frame unpacks to', () => {
    // Run-length blocks of 128 KiB, as many as one likes, in a frame that asks for the largest window there is.
    const run = Buffer.alloc(4);
    run.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3);
    const frame = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff]),
      ...Array<Buffer>(1000).fill(run),
    ]);
    expect(zstdStart(frame)?.length).toBe(4 * 128 * 1024);
  });

  it('throws nothing but errors, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, magic) => {
        const input = Buffer.concat([magic ? Buffer.from('28b52ffd', 'hex') : Buffer.alloc(0), bytes]);
        try {
          zstdStart(input);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('partclone head', () => {
  it('reads version 0001', () => {
    const head = Buffer.alloc(4160);
    head.write('partclone-imageEXTFS', 'latin1');
    head.write('0001', 30, 'latin1');
    head.writeUInt32LE(4096, 36);
    head.writeBigUInt64LE(40_960_000n, 40);
    head.writeBigUInt64LE(10_000n, 48);
    head.writeBigUInt64LE(2500n, 56);
    expect(partcloneHeader(head)).toEqual({
      version: 1,
      fileSystem: 'EXTFS',
      deviceBytes: 40_960_000,
      usedBytes: 10_240_000,
    });
  });

  const changed = (at: number, value: number) => {
    const head = partclone('NTFS', 1_048_576);
    head[at] = value;
    return head;
  };

  it.each([
    ['no magic', changed(0, 0x20), 'is not a partclone image'],
    ['an unknown version', changed(33, 0x39), 'is a partclone image of an unknown version'],
    ['the other byte order', changed(34, 0xc0), 'is a partclone image of another byte order'],
    ['a flipped bit', changed(53, 1), 'has a damaged partclone head (checksum)'],
    ['no bytes', partclone('NTFS', 0), 'has a partclone head without sense'],
    ['a short head', partclone('NTFS', 512).subarray(0, 100), 'ends within the head of the partclone image'],
  ])('tells %s', (_, head, reason) => {
    expect(partcloneHeader(head)).toBe(reason);
  });

  it('never throws', () => {
    const version = fc.constantFrom('0001', '0002', '0003');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), version, (bytes, text) => {
        const head = Buffer.from(bytes);
        head.write('partclone-image', 'latin1');
        if (head.length > 34) head.write(text, 30, 'latin1');
        const result = partcloneHeader(head);
        return typeof result === 'string' || result.deviceBytes > 0;
      }),
    );
  });
});
