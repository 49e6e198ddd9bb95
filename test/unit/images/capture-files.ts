/** The files of a capture as a client writes them, made without the programs of a client. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import type { ImageShape, Packing } from '#images/image-shape.js';

export const MAC = '52:54:00:AA:bb:01';
export const CAPTURE = '525400aabb01';
export const SHAPE: ImageShape = { path: 'win11', type: 'mps', format: 5, osId: 9, partitionType: 'all' };

export const GPT_DUMP = `label: gpt
label-id: 5A3B7C1E-0000-4444-8888-AAAAAAAAAAAA
device: /dev/sda
unit: sectors
first-lba: 34
last-lba: 2097118
sector-size: 512

/dev/sda1 : start=        2048, size=      204800, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=AAAA, name="EFI, \\x22system\\x22"
/dev/sda2 : start=      206848, size=     1024000, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, uuid=BBBB
/dev/sda3 : start=     1230848, size=      204800, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, uuid=CCCC
`;

/** The head of a partclone image, format 0002. */
export function partclone(fileSystem: string, deviceBytes: number): Buffer {
  const head = Buffer.alloc(110);
  head.write('partclone-image\0' + '0.3.23', 'latin1');
  head.write('0002', 30, 'latin1');
  head.writeUInt16LE(0xc0de, 34);
  head.write(fileSystem, 36, 'latin1');
  head.writeBigUInt64LE(BigInt(deviceBytes), 52);
  head.writeBigUInt64LE(BigInt(deviceBytes / 512), 60);
  head.writeBigUInt64LE(1n, 68);
  head.writeBigUInt64LE(1n, 76);
  head.writeUInt32LE(512, 84);
  head.writeUInt32LE((crc32(head.subarray(0, 106)) ^ 0xffffffff) >>> 0, 106);
  return head;
}

/** Packs as the client would; zstd as one raw block, which is all a test of the beginning needs. */
export function pack(content: Buffer, packing: Packing): Buffer {
  if (packing === 'raw') return content;
  if (packing === 'gzip') return gzipSync(content);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88]), block, content]);
}

export function mbr(label: 'gpt' | 'dos'): Buffer {
  const bytes = Buffer.alloc(4096, 0xeb);
  bytes.writeUInt16BE(0x55aa, 510);
  if (label === 'gpt') bytes.write('EFI PART', 512, 'latin1');
  return bytes;
}

/** The files of a complete capture of `SHAPE`; `mark` makes generations different. */
export function captureFiles(mark: string, packing: Packing = 'zstd'): Record<string, Buffer | string> {
  const image = (kind: string, size: number) =>
    pack(Buffer.concat([partclone(kind, size), Buffer.from(mark)]), packing);
  return {
    'd1.mbr': mbr('gpt'),
    'd1.partitions': GPT_DUMP,
    'd1.original.swapuuids': '3 0d7a7a5c-1111-2222-3333-444444444444\n',
    'd1p1.img': image('FAT32', 104_857_600),
    'd1p2.img': image('NTFS', 524_288_000),
  };
}

export function write(folder: string, files: Record<string, Buffer | string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/** Names and contents of a folder, undefined where there is none. */
export function contents(folder: string): Record<string, string> | undefined {
  try {
    return Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
    );
  } catch {
    return undefined;
  }
}
