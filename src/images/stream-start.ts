import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import type { Packing } from './image-shape.js';
import { ZSTD_BLOCK_BYTES, zstdStart } from './zstd-start.js';

const unzip = promisify(gunzip);

/** Packed bytes that surely hold the head of the stream: a gzip table and some text, one whole zstd block. */
const PACKED_BYTES: Record<Packing, number> = { raw: 4096, gzip: 4096, zstd: ZSTD_BLOCK_BYTES + 64 };

/** How a file is packed, by its first bytes. */
export function packingByMagic(bytes: Buffer): Packing | undefined {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x28b52ffd) return 'zstd';
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === 0x1f8b) return 'gzip';
  return bytes.subarray(0, 15).toString('latin1') === 'partclone-image' ? 'raw' : undefined;
}

/** The first unpacked bytes of a data file; a text instead completes the sentence "FILE …". */
export async function streamStart(file: FileHandle, packing: Packing): Promise<Buffer | string> {
  const buffer = Buffer.alloc(PACKED_BYTES[packing]);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  const packed = buffer.subarray(0, bytesRead);
  if (bytesRead === 0) return 'is empty';
  const found = packingByMagic(packed);
  if (found !== packing) return `is ${found ?? 'something else'} where the image format says ${packing}`;
  if (packing === 'raw') return packed;
  try {
    const start =
      packing === 'zstd'
        ? zstdStart(packed)
        : await unzip(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 << 20 });
    return start ?? 'ends within its first block';
  } catch {
    // The text of the unpacker says nothing to a person, and a damaged file is all that can be wrong here.
    return `is damaged: its beginning cannot be unpacked as ${packing}`;
  }
}
