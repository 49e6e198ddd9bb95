/** RFC 6298 sections 2 and 5 with smaller times: one segment of a LAN, not the Internet. */
const FIRST_MS = 1_000;
const LEAST_MS = 100;
const MOST_MS = 5_000;

/** How long to wait for an answer, learnt from the answers so far. Times are milliseconds. */
export class RoundTrip {
  readonly #most: number;
  #smoothed: number | undefined;
  #variation = 0;
  #wait: number;

  /**
   * `most` is the longest wait: the client's own `timeout` (RFC 2349) where it asked for one. Waiting shorter than it asked is harmless, since
   * a second copy of a block is acknowledged or ignored; waiting as long as it asked makes every lost packet cost seconds.
   */
  constructor(most = MOST_MS) {
    this.#most = Math.min(most, MOST_MS);
    this.#wait = Math.min(FIRST_MS, this.#most);
  }

  get wait(): number {
    return this.#wait;
  }

  /** The answer to something sent once came after `elapsed`. Answers to repeats say nothing (Karn): which copy was answered? */
  sample(elapsed: number): void {
    const time = Math.max(0, elapsed);
    if (this.#smoothed === undefined) {
      this.#smoothed = time;
      this.#variation = time / 2;
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - time);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * time;
    }
    this.#wait = Math.min(this.#most, Math.max(LEAST_MS, this.#smoothed + 4 * this.#variation));
  }

  /** Nothing came: the next wait is twice as long, until a sample says better. */
  backOff(): void {
    this.#wait = Math.min(this.#most, this.#wait * 2);
  }
}
