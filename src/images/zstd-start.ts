import { decompress } from 'fzstd';

const MAGIC = 0xfd2fb528;
const MAX_BLOCKS = 4;
/** RFC 8878 3.1.1.2.3: no block holds or makes more. */
export const ZSTD_BLOCK_BYTES = 128 * 1024;

/**
 * Unpacks the first blocks of a zstd frame (RFC 8878) from its first bytes. The blocks are put into a frame of our own with a
 * window of 1 MiB: the frame of `zstd --ultra -22` asks for 128 MiB, and a hostile one for as much as it likes, while the first
 * blocks can refer to nothing but each other. Throws on damage; `undefined` when not one block is complete.
 */
export function zstdStart(input: Buffer): Buffer | undefined {
  let at = frameHeaderEnd(input);
  const blocks: Buffer[] = [];
  while (at !== undefined && blocks.length < MAX_BLOCKS && at + 3 <= input.length) {
    const head = input.readUIntLE(at, 3);
    const kind = (head >> 1) & 3;
    const size = kind === 1 ? 1 : head >> 3;
    if (kind === 3 || head >> 3 > ZSTD_BLOCK_BYTES) throw new Error('a zstd block of an unknown kind');
    const end = at + 3 + size;
    if (end > input.length) break;
    blocks.push(Buffer.from(input.subarray(at, end)));
    at = (head & 1) === 1 ? undefined : end;
  }
  if (blocks.length === 0) return undefined;
  for (const [index, block] of blocks.entries()) {
    block[0] = index === blocks.length - 1 ? (block[0] ?? 0) | 1 : (block[0] ?? 0) & 0xfe;
  }
  // Frame descriptor 0: no checksum, no dictionary, no length; window 2^(10+10).
  const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]), ...blocks]);
  const output = decompress(frame);
  return Buffer.from(output.buffer, output.byteOffset, output.byteLength);
}

/** Where the first block begins (RFC 8878 3.1.1.1); undefined where that is not in `input`. */
function frameHeaderEnd(input: Buffer): number | undefined {
  if (input.length < 6 || input.readUInt32LE(0) !== MAGIC) return undefined;
  const descriptor = input[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const lengthBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return 5 + (single ? 0 : 1) + dictionaryBytes + lengthBytes;
}
