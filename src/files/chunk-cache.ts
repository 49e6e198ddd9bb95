/**
 * Pieces of files in memory, least recently used first out, within a budget in bytes. Keys name the content (file identity and
 * position), never a path, so that a replaced file cannot be served from the pieces of the old one.
 */
export class ChunkCache {
  readonly #chunks = new Map<string, Buffer>();
  #bytes = 0;
  /** The key that stands last: a sender asks for the same piece hundreds of times on end. */
  #latest: string | undefined;

  constructor(readonly budget: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Buffer | undefined {
    const chunk = this.#chunks.get(key);
    if (chunk && key !== this.#latest) {
      // A Map keeps the order of insertion: the first key is the one not used for longest.
      this.#chunks.delete(key);
      this.#chunks.set(key, chunk);
      this.#latest = key;
    }
    return chunk;
  }

  has(key: string): boolean {
    return this.#chunks.has(key);
  }

  set(key: string, chunk: Buffer): void {
    this.#remove(key);
    if (chunk.length > this.budget) return;
    this.#chunks.set(key, chunk);
    this.#latest = key;
    this.#bytes += chunk.length;
    for (const oldest of this.#chunks.keys()) {
      if (this.#bytes <= this.budget) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const chunk = this.#chunks.get(key);
    if (!chunk) return;
    this.#chunks.delete(key);
    if (this.#latest === key) this.#latest = undefined;
    this.#bytes -= chunk.length;
  }
}
