import {
  isPartimage,
  PARTCLONE_HEADER_BYTES,
  type PartcloneHeader,
  type PartcloneLayout,
  partcloneHeader,
  partcloneLayout,
} from './partclone-header.js';

/** Bits set in each byte value. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) =>
  [...byte.toString(2)].reduce((sum, bit) => sum + Number(bit), 0),
);

/**
 * Reads a whole partclone image stream, in pieces of any size, and tells whether all blocks are there that its bitmap says (partclone's
 * IMAGE_FORMATS.md). The contents of blocks are not looked at: what packs the stream has checksums of its own, and FOS saves without
 * partclone's (`-a0`).
 */
export class PartcloneStream {
  #head: Buffer = Buffer.alloc(0);
  #header: PartcloneHeader | undefined;
  #layout: PartcloneLayout | undefined;
  #problem: string | undefined;
  #isPartimage = false;
  /** Bytes of the stream seen so far. */
  #seen = 0;
  /** Blocks in use, by the bitmap. */
  #used = 0;

  /** The head, once it was there. */
  get header(): PartcloneHeader | undefined {
    return this.#header;
  }

  feed(chunk: Buffer): void {
    const rest = this.#layout ? chunk : this.#readHead(chunk);
    if (!this.#layout) return;
    this.#countBlocks(rest, this.#layout);
    this.#seen += rest.length;
  }

  /** To be called when the stream has ended: undefined when it is whole, else a text that completes the sentence "FILE …". */
  end(): string | undefined {
    if (this.#problem !== undefined || this.#isPartimage) return this.#problem;
    if (!this.#layout) return 'ends within the head of the partclone image';
    const { dataAt, blockBytes, blocksPerSum, sumBytes } = this.#layout;
    const sums = blocksPerSum === 0 ? 0 : Math.ceil(this.#used / blocksPerSum);
    const expected = dataAt + this.#used * blockBytes + sums * sumBytes;
    // What comes behind the last block is read by nobody.
    if (this.#seen >= expected) return undefined;
    return `ends too early: ${this.#seen} of ${expected} bytes of its file system's ${this.#used} blocks are there`;
  }

  /** Gives what of the chunk lies behind the head. */
  #readHead(chunk: Buffer): Buffer {
    if (this.#problem !== undefined || this.#isPartimage) return chunk.subarray(0, 0);
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    // It has no map of its blocks: what packs it vouches for it.
    this.#isPartimage = isPartimage(this.#head);
    if (this.#isPartimage || this.#head.length < PARTCLONE_HEADER_BYTES) return chunk.subarray(0, 0);
    const header = partcloneHeader(this.#head);
    if (typeof header === 'string') {
      this.#problem = header;
      return chunk.subarray(0, 0);
    }
    const layout = partcloneLayout(this.#head);
    if (this.#head.length < layout.bitmapAt) return chunk.subarray(0, 0);
    this.#header = header;
    this.#layout = layout;
    if (layout.bitmap === 'none') this.#used = layout.blocks;
    this.#seen = layout.bitmapAt;
    const rest = this.#head.subarray(layout.bitmapAt);
    this.#head = Buffer.alloc(0);
    return rest;
  }

  #countBlocks(chunk: Buffer, { bitmap, bitmapAt, bitmapBytes, blocks }: PartcloneLayout): void {
    if (bitmap === 'none') return;
    const from = this.#seen - bitmapAt;
    const length = Math.min(chunk.length, bitmapBytes - from);
    for (let index = 0; index < length; index++) {
      const byte = chunk[index] ?? 0;
      if (bitmap === 'bytes') {
        if (byte === 1) this.#used++;
        continue;
      }
      // Bits behind the last block are padding.
      const left = blocks - (from + index) * 8;
      this.#used += BITS[left >= 8 ? byte : byte & ((1 << left) - 1)] ?? 0;
    }
  }
}
