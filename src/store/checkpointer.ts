import { Worker } from 'node:worker_threads';
import type { Clock } from '#daemon/clock.js';

const INTERVAL_MS = 30_000;

/**
 * Runs a checkpoint every half minute in a worker thread with a connection of its own. The thread begins with the first checkpoint: who
 * opens the store for a moment only needs none.
 */
export class Checkpointer {
  #worker: Worker | undefined;
  #cancel: () => void = () => undefined;

  constructor(
    private readonly file: string,
    private readonly clock: Clock,
    /** Told when a checkpoint failed; the log goes on growing, nothing is lost. */
    private readonly onError: (reason: string) => void,
  ) {
    this.#schedule();
  }

  /** Checkpoints now, and resolves when it is done; used at shutdown and by tests. */
  async run(): Promise<void> {
    await new Promise<void>((resolve) => {
      const worker = this.#thread();
      worker.once('message', () => resolve());
      // One that could not open the store answers no more.
      worker.once('exit', () => resolve());
      worker.postMessage('checkpoint');
    });
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#worker?.terminate();
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), { workerData: this.file });
    worker.unref();
    worker.on('message', (result: { error?: string }) => {
      if (result.error !== undefined) this.onError(result.error);
      this.#schedule();
    });
    // The next checkpoint begins another one: without, the log would grow until fogd is restarted.
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.onError(error.message);
      this.#schedule();
    });
    this.#worker = worker;
    return worker;
  }

  #schedule(): void {
    this.#cancel();
    this.#cancel = this.clock.afterAbout(INTERVAL_MS, () => this.#thread().postMessage('checkpoint'));
  }
}
