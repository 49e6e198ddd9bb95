import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes of the one file system that `writeSmallImage` captures. */
export const SMALL_CLIENT_BYTES = 1_048_576;

/** The files of an uncompressed image (format 3, type mps) of an MBR disk with one ext4 partition, as FOS leaves them. */
export function writeSmallImage(folder: string, content = 'first'): void {
  mkdirSync(folder, { recursive: true });
  const mbr = Buffer.alloc(512);
  mbr.writeUInt16LE(0xaa55, 510);
  writeFileSync(join(folder, 'd1.mbr'), mbr);
  writeFileSync(
    join(folder, 'd1.partitions'),
    [
      'label: dos',
      'label-id: 0x12345678',
      'device: /dev/sda',
      'unit: sectors',
      'sector-size: 512',
      '',
      '/dev/sda1 : start=        2048, size=        2048, type=83',
      '',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'd1p1.img'), partcloneStream(content));
}

const BLOCK = 4096;
/** A bit for each of the 256 blocks, and its checksum. */
const BITMAP_BYTES = 256 / 8 + 4;

/** One block in use, which holds the content. */
function partcloneStream(content: string): Buffer {
  const bitmap = Buffer.alloc(BITMAP_BYTES);
  bitmap.writeUInt8(1, 0);
  const block = Buffer.alloc(BLOCK);
  block.write(content);
  return Buffer.concat([partcloneHead(), bitmap, block]);
}

/** The content of a data file that `writeSmallImage` wrote. */
export function smallContent(stream: string): string {
  return stream.slice(110 + BITMAP_BYTES).replace(/\0+$/, '');
}

/** Format 0002 of partclone's IMAGE_FORMATS.md. */
function partcloneHead(): Buffer {
  const head = Buffer.alloc(110);
  head.write('partclone-image', 0, 'latin1');
  head.write('0.3.23', 16, 'latin1');
  head.write('0002', 30, 'latin1');
  head.writeUInt16LE(0xc0de, 34);
  head.write('EXTFS', 36, 'latin1');
  head.writeBigUInt64LE(BigInt(SMALL_CLIENT_BYTES), 52);
  head.writeBigUInt64LE(256n, 60);
  head.writeBigUInt64LE(1n, 68);
  head.writeBigUInt64LE(1n, 76);
  head.writeUInt32LE(BLOCK, 84);
  // A bitmap of bits.
  head.writeUInt8(1, 105);
  head.writeUInt32LE((crc32(head.subarray(0, 106)) ^ 0xffffffff) >>> 0, 106);
  return head;
}
