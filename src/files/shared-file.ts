import type { ChunkCache } from './chunk-cache.js';
import { fileErrors } from './errors.js';
import { identityOf, type OpenRootedFile } from './rooted-path.js';

/** Bytes read from disk at once, unless said otherwise. */
export const CHUNK_BYTES = 1024 * 1024;

/** Lets at most `width` jobs run at once, so that what they allocate is bounded however many ask. */
export class Gate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await job();
    } finally {
      // The place goes straight to the next in line, so that nobody overtakes.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/**
 * One open file, shared by all who send it at the moment: one descriptor, each piece read once. Its content is that of the moment it was
 * opened: a rename over it does not touch the descriptor, and a write into it is noticed by the times after each read.
 */
export class SharedFile {
  users = 0;
  readonly #loading = new Map<number, Promise<Buffer>>();
  #closed = false;
  readonly #keys: string[] = [];

  constructor(
    readonly file: OpenRootedFile,
    private readonly cache: ChunkCache,
    private readonly gate: Gate,
    /** Bytes of a piece. */
    readonly chunkBytes = CHUNK_BYTES,
  ) {}

  /** Bytes at once, when they are in memory. `offset + length` must not exceed the size. */
  cached(offset: number, length: number): Buffer | undefined {
    if (length === 0) return Buffer.alloc(0);
    const first = Math.floor(offset / this.chunkBytes);
    const last = Math.floor((offset + length - 1) / this.chunkBytes);
    if (first === last) {
      const start = first * this.chunkBytes;
      return this.cache.get(this.#key(first))?.subarray(offset - start, offset + length - start);
    }
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index++) {
      const chunk = this.cache.get(this.#key(index));
      if (!chunk) return undefined;
      const start = index * this.chunkBytes;
      parts.push(chunk.subarray(Math.max(0, offset - start), offset + length - start));
    }
    return Buffer.concat(parts);
  }

  /** Rejects with FILE_CHANGED when the file is no longer the one that was opened. */
  async read(offset: number, length: number): Promise<Buffer> {
    const ready = this.cached(offset, length);
    if (ready) return ready;
    const first = Math.floor(offset / this.chunkBytes);
    const last = Math.floor((offset + length - 1) / this.chunkBytes);
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index++) {
      const start = index * this.chunkBytes;
      parts.push((await this.#chunk(index)).subarray(Math.max(0, offset - start), offset + length - start));
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }

  /** Starts to read the piece that holds `offset`, if it is not there: a sender calls this some time before it gets there. */
  prefetch(offset: number): void {
    const index = Math.floor(offset / this.chunkBytes);
    if (offset >= this.file.size || this.#closed || this.cache.has(this.#key(index))) return;
    // Whoever needs the bytes asks again, and then hears of the failure.
    this.#chunk(index).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#loading.values());
    await this.file.handle.close();
  }

  /** Made once: it is asked for with each block of a transfer. */
  #key(index: number): string {
    const known = this.#keys[index];
    if (known !== undefined) return known;
    const key = `${this.file.identity}#${index}`;
    this.#keys[index] = key;
    return key;
  }

  #chunk(index: number): Promise<Buffer> {
    const ready = this.cache.get(this.#key(index));
    if (ready) return Promise.resolve(ready);
    let loading = this.#loading.get(index);
    if (!loading) {
      loading = this.gate.run(() => this.#load(index)).finally(() => this.#loading.delete(index));
      this.#loading.set(index, loading);
    }
    return loading;
  }

  async #load(index: number): Promise<Buffer> {
    const { handle, size, identity, name } = this.file;
    if (this.#closed) throw fileErrors.FILE_CLOSED({ name });
    const start = index * this.chunkBytes;
    const chunk = Buffer.allocUnsafeSlow(Math.min(this.chunkBytes, size - start));
    for (let filled = 0; filled < chunk.length; ) {
      const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, start + filled);
      if (bytesRead === 0) throw fileErrors.FILE_CHANGED({ name });
      filled += bytesRead;
    }
    if (identityOf(await handle.stat({ bigint: true })) !== identity) throw fileErrors.FILE_CHANGED({ name });
    this.cache.set(this.#key(index), chunk);
    return chunk;
  }
}
