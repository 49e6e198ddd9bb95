import { Worker } from 'node:worker_threads';
import type { Clock } from '#daemon/clock.js';

const INTERVAL_MS = 30_000;

/** Runs a checkpoint every half minute in a worker thread with a connection of its own. */
export class Checkpointer {
  readonly #worker: Worker;
  /** A worker that could not open the store answers no more. */
  readonly #ended: Promise<void>;
  #cancel: () => void = () => undefined;

  constructor(
    file: string,
    private readonly clock: Clock,
    /** Told when a checkpoint failed; the log goes on growing, nothing is lost. */
    private readonly onError: (reason: string) => void,
  ) {
    this.#worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), { workerData: file });
    this.#worker.unref();
    this.#worker.on('message', (result: { error?: string }) => {
      if (result.error !== undefined) this.onError(result.error);
      this.#schedule();
    });
    this.#worker.on('error', (error) => this.onError(error.message));
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#schedule();
  }

  /** Checkpoints now, and resolves when it is done; used at shutdown and by tests. */
  async run(): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#worker.once('message', () => resolve());
      this.#worker.postMessage('checkpoint');
    });
    await Promise.race([answered, this.#ended]);
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#worker.terminate();
  }

  #schedule(): void {
    this.#cancel();
    this.#cancel = this.clock.after(INTERVAL_MS, () => this.#worker.postMessage('checkpoint'));
  }
}
