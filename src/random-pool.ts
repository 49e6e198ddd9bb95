/** How much is asked for at once. */
const POOL_BYTES = 4096;

/** Random bytes by the few: asking the system each time costs more than all else that is done with them. */
export class RandomPool {
  #pool: Buffer = Buffer.alloc(0);

  /** `random` gives fresh bytes at each call. */
  constructor(private readonly random: (bytes: number) => Buffer) {}

  /** Bytes that nobody was given before. They keep the whole pool in memory: for what is used at once. At most 4096. */
  take(bytes: number): Buffer {
    if (this.#pool.length < bytes) this.#pool = this.random(POOL_BYTES);
    const taken = this.#pool.subarray(0, bytes);
    this.#pool = this.#pool.subarray(bytes);
    return taken;
  }
}
