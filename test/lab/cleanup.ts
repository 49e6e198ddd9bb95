/**
 * Ordered release of what a run has opened, in every exit path: normal end and throw (`close`), SIGINT and
 * SIGTERM (close, then exit), `process.exit` and uncaught errors (the synchronous last resort). After
 * `kill -9` nothing here runs; that is what the sweep of the next run is for.
 */

interface Entry {
  readonly what: string;
  readonly release: () => Promise<void> | void;
  readonly lastResort: (() => void) | undefined;
}

const open = new Set<Cleanup>();
let installed = false;

export class Cleanup {
  readonly #entries: Entry[] = [];

  constructor() {
    open.add(this);
    installHandlers();
  }

  /**
   * Registers a release; they run in reverse order. `lastResort` must be synchronous and must not throw
   * for something that is gone already. Returns a function that runs this one release now (once).
   */
  defer(what: string, release: () => Promise<void> | void, lastResort?: () => void): () => Promise<void> {
    const entry: Entry = { what, release, lastResort };
    this.#entries.push(entry);
    return async () => {
      const index = this.#entries.indexOf(entry);
      if (index < 0) return;
      this.#entries.splice(index, 1);
      await entry.release();
    };
  }

  /** Releases everything. One failure does not keep the others from running; all are reported together. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let entry = this.#entries.at(-1); entry; entry = this.#entries.at(-1)) {
      try {
        await entry.release();
        this.#forget(entry);
      } catch (error) {
        // Forgotten all the same: a release that failed once must not keep the loop here for ever.
        this.#forget(entry);
        entry.lastResort?.();
        failures.push(new Error(`could not release ${entry.what}: ${String(error)}`, { cause: error }));
      }
    }
    open.delete(this);
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
  }

  closeNow(): void {
    for (const entry of this.#entries.splice(0).reverse()) entry.lastResort?.();
    open.delete(this);
  }

  #forget(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }
}

function installHandlers(): void {
  if (installed) return;
  installed = true;
  process.on('exit', () => {
    for (const cleanup of open) cleanup.closeNow();
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write(`\n${signal}: closing the lab\n`);
      // A second signal, or anything that hangs while closing, ends in the last resort.
      process.once(signal, () => process.exit(code));
      setTimeout(() => process.exit(code), 10_000).unref();
      void Promise.allSettled([...open].map((cleanup) => cleanup.close())).then(() => process.exit(code));
    });
  }
}
