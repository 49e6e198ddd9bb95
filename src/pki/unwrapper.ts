import { Worker } from 'node:worker_threads';

export type ToUnwrapWorker =
  | { readonly pem: string }
  | { readonly id: number; readonly sealedKey: Uint8Array; readonly sealedToken: Uint8Array };

export interface FromUnwrapWorker {
  readonly id: number;
  /** Both or none. */
  readonly key?: Uint8Array;
  readonly token?: Uint8Array;
}

export type Unwrapped =
  /** Random bytes where a padding was wrong: nobody can tell, and nobody may (spec client-protocol 10.2). */
  | { readonly kind: 'opened'; readonly key: Buffer; readonly token: Buffer }
  /** No number below the modulus of the server's key. */
  | { readonly kind: 'malformed' }
  /** Too many wait, of all or of this source; or there is no key yet. */
  | { readonly kind: 'busy' };

interface Job {
  readonly source: string;
  readonly sealedKey: Uint8Array;
  readonly sealedToken: Uint8Array;
  readonly settle: (result: Unwrapped) => void;
}

/** Eight seconds' worth of handshakes; clients wait for a hundred. */
const MOST_WAITING = 1_000;
/** Half for whoever floods, half for all others. */
const MOST_OF_SOURCE = 500;
/** The next one lies ready while an answer is on its way. */
const IN_HAND = 2;

/**
 * What FOG Clients encrypt to the key of the server, decrypted in one thread. Sources take turns, so that one that floods delays nobody
 * but itself.
 */
export class Unwrapper {
  #pem: string | undefined;
  #worker: Worker | undefined;
  /** By source; those that wait, in the order of their turns. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #inHand = new Map<number, Job>();
  #count = 0;
  #nextId = 1;

  /** From now on this key, PEM; what waits is decrypted with it, too. */
  use(pem: string): void {
    this.#pem = pem;
    this.#worker?.postMessage({ pem } satisfies ToUnwrapWorker);
  }

  unwrap(source: string, sealedKey: Uint8Array, sealedToken: Uint8Array): Promise<Unwrapped> {
    const queue = this.#waiting.get(source) ?? [];
    if (this.#pem === undefined || this.#count >= MOST_WAITING || queue.length >= MOST_OF_SOURCE)
      return Promise.resolve({ kind: 'busy' });
    return new Promise((settle) => {
      queue.push({ source, sealedKey, sealedToken, settle });
      this.#waiting.set(source, queue);
      this.#count++;
      this.#feed();
    });
  }

  async close(): Promise<void> {
    this.#pem = undefined;
    this.#giveUp([...this.#inHand.values(), ...[...this.#waiting.values()].flat()]);
    this.#waiting.clear();
    this.#count = 0;
    await this.#worker?.terminate();
  }

  #feed(): void {
    while (this.#inHand.size < IN_HAND) {
      const job = this.#next();
      if (!job) return;
      const id = this.#nextId++;
      this.#inHand.set(id, job);
      const { sealedKey, sealedToken } = job;
      this.#thread().postMessage({ id, sealedKey, sealedToken } satisfies ToUnwrapWorker);
    }
  }

  #next(): Job | undefined {
    for (const [source, queue] of this.#waiting) {
      const job = queue.shift();
      this.#waiting.delete(source);
      if (queue.length > 0) this.#waiting.set(source, queue);
      if (!job) continue;
      this.#count--;
      return job;
    }
    return undefined;
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./unwrap-worker.js', import.meta.url));
    worker.unref();
    worker.postMessage({ pem: this.#pem ?? '' } satisfies ToUnwrapWorker);
    worker.on('message', ({ id, key, token }: FromUnwrapWorker) => {
      const job = this.#inHand.get(id);
      this.#inHand.delete(id);
      job?.settle(
        key && token
          ? { kind: 'opened', key: Buffer.from(key), token: Buffer.from(token) }
          : { kind: 'malformed' },
      );
      this.#feed();
    });
    // Clients ask again; the next one starts another thread. What it threw is not told: it may hold a part of what it was given.
    const lost = () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#giveUp([...this.#inHand.values()]);
      if (this.#pem !== undefined) this.#feed();
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    this.#worker = worker;
    return worker;
  }

  #giveUp(jobs: readonly Job[]): void {
    this.#inHand.clear();
    for (const job of jobs) job.settle({ kind: 'busy' });
  }
}
