import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { converse } from '#daemon/child.js';
import { errnoOf, messageOf } from '#errors.js';
import { type DataFile, dataFilesOf } from './data-files.js';
import { imageErrors } from './errors.js';
import { irregular, type ListedFile, listFolder } from './folder-listing.js';
import { imageFileName } from './image-file-name.js';
import type { ImageShape } from './image-shape.js';
import { PartcloneStream } from './partclone-stream.js';
import { packingByMagic } from './stream-start.js';

export interface FileSum {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export type Verdict =
  | { readonly kind: 'whole'; readonly files: readonly FileSum[] }
  /** `reason` is a sentence about one file. */
  | { readonly kind: 'damaged'; readonly reason: string }
  /** The folder or a file went away under way: by now there may be another generation. */
  | { readonly kind: 'gone' };

/** Bytes read at once. */
const PIECE = 1024 * 1024;

class Damaged extends Error {}

/**
 * Reads each file of a generation once: all are hashed, data files are unpacked to their end as well and must hold every block that they
 * promise. `progress` is told the bytes read so far and in all. Rejects for what says nothing of the image: zstd is missing, EMFILE.
 */
export async function verifyImage(
  folder: string,
  shape: ImageShape,
  progress: (done: number, total: number) => void,
): Promise<Verdict> {
  try {
    const entries = await listFolder(folder);
    if (entries === undefined) return { kind: 'gone' };
    const files = entries.filter((entry) => {
      const bad = irregular(entry, 'any links');
      if (bad && imageFileName(entry.name).kind !== 'other') throw new Damaged(`${entry.name} ${bad}`);
      return !bad;
    });
    const data = dataFilesOf(files, shape);
    if (typeof data === 'string') throw new Damaged(data);
    const total = files.reduce((sum, { stats }) => sum + stats.size, 0);
    let done = 0;
    const read = (bytes: number): void => {
      done += bytes;
      progress(done, total);
    };
    const sums: FileSum[] = [];
    for (const one of data) sums.push(...(await verifyData(one, read)));
    const hashed = new Set(sums.map(({ name }) => name));
    for (const file of files) if (!hashed.has(file.name)) sums.push(await hashOnly(file, read));
    return { kind: 'whole', files: sums };
  } catch (error) {
    if (error instanceof Damaged) return { kind: 'damaged', reason: error.message };
    if (errnoOf(error) === 'ENOENT') return { kind: 'gone' };
    throw error;
  }
}

async function hashOnly(file: ListedFile, read: (bytes: number) => void): Promise<FileSum> {
  const { sum, pieces } = hashed(file, read);
  for await (const _ of pieces);
  return sum();
}

/** Hashes the pieces and unpacks what they are together. */
async function verifyData(data: DataFile, read: (bytes: number) => void): Promise<FileSum[]> {
  const stream = new PartcloneStream();
  const sums: FileSum[] = [];
  async function* packed(): AsyncGenerator<Buffer> {
    for (const piece of data.pieces) {
      const { sum, pieces } = hashed(piece, read);
      yield* pieces;
      sums.push(sum());
    }
  }
  const take = async (unpacked: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of unpacked) stream.feed(chunk);
  };
  const source = packed();
  const first = await source.next();
  const start = first.done ? Buffer.alloc(0) : first.value;
  async function* whole(): AsyncGenerator<Buffer> {
    yield start;
    yield* source;
  }
  const packing = packingByMagic(start);
  if (packing === undefined) throw new Damaged(`${data.base} begins as no data file does`);
  if (packing === 'raw') await take(whole());
  else if (packing === 'zstd') await unzstd(data.base, whole(), take);
  else
    try {
      await pipeline(whole, createGunzip({ chunkSize: PIECE }), take);
    } catch (error) {
      if (errnoOf(error)?.startsWith('Z_'))
        throw new Damaged(`${data.base} cannot be unpacked: ${(error as Error).message}`);
      throw error;
    }
  const problem = stream.end();
  if (problem !== undefined) throw new Damaged(`${data.base} ${problem}`);
  return sums;
}

/** By the program zstd: Node 20 has none, and it looks at the checksums. */
async function unzstd(
  base: string,
  packed: AsyncIterable<Buffer>,
  take: (unpacked: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const zstd = await converse(['zstd', '--decompress', '--stdout', '--quiet', '--long=31']).catch(
    (error: unknown) => {
      // Not the ENOENT of a file, which would speak of the image.
      throw imageErrors.ZSTD_MISSING({ reason: messageOf(error) }, error);
    },
  );
  const fed = pipeline(packed, zstd.input).catch((error: unknown) => {
    // It stopped reading: its exit code says why.
    if (errnoOf(error) !== 'EPIPE' && errnoOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
  const [{ code, signal }] = await Promise.all([zstd.exited, fed, take(zstd.output)]);
  if (signal !== null) throw new Error(`zstd was ended by ${signal}`);
  if (code !== 0) {
    const said = zstd.errors().replaceAll(/\s+/g, ' ').trim().slice(0, 200);
    // That is this machine's trouble, and no verdict.
    if (/memory|alloc/i.test(said)) throw new Error(`zstd: ${said}`);
    throw new Damaged(`${base} cannot be unpacked: ${said}`);
  }
}

/** The file in pieces, and its sum once they are through. EIO and the like are damage of this file. */
function hashed(
  { name, path }: ListedFile,
  read: (bytes: number) => void,
): { readonly pieces: AsyncGenerator<Buffer>; readonly sum: () => FileSum } {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* pieces(): AsyncGenerator<Buffer> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(PIECE), 0, PIECE, null);
        if (bytesRead === 0) return;
        const piece = buffer.subarray(0, bytesRead);
        hash.update(piece);
        bytes += bytesRead;
        read(bytesRead);
        yield piece;
      }
    } catch (error) {
      if (errnoOf(error) === 'EIO') throw new Damaged(`${name} cannot be read from the disk (EIO)`);
      throw error;
    } finally {
      await file.close();
    }
  }
  return { pieces: pieces(), sum: () => ({ name, bytes, sha256: hash.digest('hex') }) };
}
