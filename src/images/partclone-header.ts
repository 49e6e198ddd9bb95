import { crc32 } from 'node:zlib';

/** The head of a partclone image stream; formats 0001 and 0002 of partclone's IMAGE_FORMATS.md. */
export interface PartcloneHeader {
  readonly version: 1 | 2;
  /** `EXTFS`, `NTFS`, `FAT32` …, `raw` for the imager. */
  readonly fileSystem: string;
  /** Bytes of the file system that was saved. */
  readonly deviceBytes: number;
  /** Bytes of the blocks in use. */
  readonly usedBytes: number;
}

/** Bytes that `partcloneHeader` needs. */
export const PARTCLONE_HEADER_BYTES = 110;

/** What Partimage wrote, before Partclone (format 1): its head tells no size that a person would want to know. */
export const PARTIMAGE: PartcloneHeader = {
  version: 1,
  fileSystem: 'partimage',
  deviceBytes: 0,
  usedBytes: 0,
};

export function isPartimage(start: Buffer): boolean {
  return start.subarray(0, 16).toString('latin1') === 'PaRtImAgE-VoLuMe';
}

const MAGIC = 'partclone-image';
const LITTLE_ENDIAN = 0xc0de;

/** Reads the head; a text instead of it completes the sentence "FILE …". */
export function partcloneHeader(bytes: Buffer): PartcloneHeader | string {
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return 'is not a partclone image';
  if (bytes.length < PARTCLONE_HEADER_BYTES) return 'ends within the head of the partclone image';
  if (bytes.subarray(30, 34).toString('latin1') === '0002') return versionTwo(bytes);
  // Version 1 has no byte between magic and file system, and so its version stands at the same place.
  if (bytes.subarray(30, 34).toString('latin1') === '0001') return versionOne(bytes);
  return 'is a partclone image of an unknown version';
}

function versionTwo(bytes: Buffer): PartcloneHeader | string {
  if (bytes.readUInt16LE(34) !== LITTLE_ENDIAN) return 'is a partclone image of another byte order';
  // partclone leaves out the final complement of CRC-32.
  const sum = (crc32(bytes.subarray(0, 106)) ^ 0xffffffff) >>> 0;
  if (sum !== bytes.readUInt32LE(106)) return 'has a damaged partclone head (checksum)';
  return judge({
    version: 2,
    fileSystem: text(bytes, 36, 16),
    device: bytes.readBigUInt64LE(52),
    blocks: bytes.readBigUInt64LE(60),
    // 68 is what the super block says, 76 what the bitmap holds and the image contains.
    used: bytes.readBigUInt64LE(76),
    blockSize: BigInt(bytes.readUInt32LE(84)),
  });
}

function versionOne(bytes: Buffer): PartcloneHeader | string {
  return judge({
    version: 1,
    fileSystem: text(bytes, 15, 15),
    blockSize: BigInt(bytes.readUInt32LE(36)),
    device: bytes.readBigUInt64LE(40),
    blocks: bytes.readBigUInt64LE(48),
    used: bytes.readBigUInt64LE(56),
  });
}

interface Sizes {
  readonly version: 1 | 2;
  readonly fileSystem: string;
  readonly device: bigint;
  readonly blocks: bigint;
  readonly used: bigint;
  readonly blockSize: bigint;
}

function judge({ version, fileSystem, device, blocks, used, blockSize }: Sizes): PartcloneHeader | string {
  const nonsense =
    !/^[\x20-\x7e]+$/.test(fileSystem) ||
    device === 0n ||
    device > BigInt(Number.MAX_SAFE_INTEGER) ||
    blockSize === 0n ||
    used > blocks ||
    // btrfs and f2fs round; a table of more blocks than twice the device is no rounding.
    used * blockSize > device * 2n;
  if (nonsense) return 'has a partclone head without sense';
  return { version, fileSystem, deviceBytes: Number(device), usedBytes: Number(used * blockSize) };
}

function text(bytes: Buffer, at: number, length: number): string {
  return bytes
    .subarray(at, at + length)
    .toString('latin1')
    .replace(/\0.*$/s, '');
}

/** Where things are in the stream behind a head that `partcloneHeader` has taken; all in bytes. */
export interface PartcloneLayout {
  /** `bits`: one for each block; `bytes`: version 1; `none`: all blocks are there. */
  readonly bitmap: 'bits' | 'bytes' | 'none';
  readonly bitmapAt: number;
  readonly bitmapBytes: number;
  /** The first block. */
  readonly dataAt: number;
  /** Blocks of the file system, used or not. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** A checksum of `sumBytes` follows each group of so many blocks, and the last; 0: there are none. */
  readonly blocksPerSum: number;
  readonly sumBytes: number;
}

const BITMAP_MAGIC_BYTES = 8;
const CRC_BYTES = 4;
const VERSION_ONE_BYTES = 4160;

export function partcloneLayout(head: Buffer): PartcloneLayout {
  if (head.subarray(30, 34).toString('latin1') === '0001') {
    const blocks = Number(head.readBigUInt64LE(48));
    const bitmapAt = VERSION_ONE_BYTES;
    const dataAt = bitmapAt + blocks + BITMAP_MAGIC_BYTES;
    const sums = { blocksPerSum: 1, sumBytes: CRC_BYTES };
    return {
      bitmap: 'bytes',
      bitmapAt,
      bitmapBytes: blocks,
      dataAt,
      blocks,
      blockBytes: head.readUInt32LE(36),
      ...sums,
    };
  }
  const blocks = Number(head.readBigUInt64LE(60));
  const mode = head.readUInt8(105);
  const bitmap = mode === 0 ? 'none' : mode === 1 ? 'bits' : 'bytes';
  const bitmapBytes = bitmap === 'none' ? 0 : bitmap === 'bits' ? Math.ceil(blocks / 8) : blocks;
  const hasSums = head.readUInt16LE(96) !== 0;
  return {
    bitmap,
    bitmapAt: PARTCLONE_HEADER_BYTES,
    bitmapBytes,
    dataAt: PARTCLONE_HEADER_BYTES + bitmapBytes + (bitmap === 'none' ? 0 : CRC_BYTES),
    blocks,
    blockBytes: head.readUInt32LE(84),
    blocksPerSum: hasSums ? head.readUInt32LE(100) : 0,
    sumBytes: hasSums ? head.readUInt16LE(98) : 0,
  };
}
