/**
 * Group commit for durability: every caller that waits while a sync runs shares the next one, so a slow disk costs one sync per
 * group and never the event loop (docs/adr/0004).
 */
export class WalSync {
  #running = false;
  #waiting: Array<{ resolve: () => void; reject: (error: unknown) => void }> = [];

  /** `sync` makes everything written so far durable, off the main thread. */
  constructor(private readonly sync: () => Promise<void>) {}

  /** Resolves when everything written before the call is durable; rejects when that could not be done. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.sync();
        for (const waiter of group) waiter.resolve();
      } catch (error) {
        for (const waiter of group) waiter.reject(error);
      }
    }
    this.#running = false;
  }
}
