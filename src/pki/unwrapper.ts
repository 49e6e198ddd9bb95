import { Worker } from 'node:worker_threads';
import type { Clock } from '#daemon/clock.js';
import { mayReturnToShare, setThreadTurn, type ThreadTurn } from '#native/thread-priority.js';

export type ToUnwrapWorker =
  | { readonly pem: string }
  | { readonly id: number; readonly sealedKey: Uint8Array; readonly sealedToken: Uint8Array };

export interface Opened {
  /** Both or none. */
  readonly key?: Uint8Array;
  readonly token?: Uint8Array;
}

export type FromUnwrapWorker =
  /** Its number at the kernel, once. */
  { readonly thread: number } | (Opened & { readonly id: number });

/** Nice value of the thread. */
export const UNWRAP_NICE = 10;

export type Unwrapped =
  /** Random bytes where a padding was wrong: nobody can tell, and nobody may (spec client-protocol 10.2). */
  | { readonly kind: 'opened'; readonly key: Buffer; readonly token: Buffer }
  /** No number below the modulus of the server's key. */
  | { readonly kind: 'malformed' }
  /** Too many wait, of all or of this source; or there is no key yet. */
  | { readonly kind: 'busy' };

interface Job {
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly since: number;
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
/** Longer than all places together take; a tenth of what clients wait. */
const LATE_MS = 10_000;

/** How the thread comes by its time; tests inject what the kernel does. */
export interface Turns {
  readonly mayReturn: boolean;
  set(thread: number, turn: ThreadTurn): boolean;
}

const kernelTurns = (): Turns => ({ mayReturn: mayReturnToShare(UNWRAP_NICE), set: setThreadTurn });

/**
 * What FOG Clients encrypt to the key of the server, decrypted in one thread. Sources take turns, so that one that floods delays nobody
 * but itself. The thread takes time that nobody else wants: with a share of its own, DHCP would wait behind it while it keeps one processor
 * busy (docs/adr/0023). On a machine whose processors are busy for long, it has its share until nobody waits any more.
 */
export class Unwrapper {
  #pem: string | undefined;
  #worker: Worker | undefined;
  /** By source; those that wait, in the order of their turns. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #inHand = new Map<number, Job>();
  #count = 0;
  #nextId = 1;
  #threadId: number | undefined;
  #turn: ThreadTurn = 'share';
  #cancelWatch: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly turns: Turns = kernelTurns(),
  ) {}

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
      queue.push({ source, sealedKey, sealedToken, settle, since: this.clock.now() });
      this.#waiting.set(source, queue);
      this.#count++;
      this.#feed();
      this.#watch();
    });
  }

  async close(): Promise<void> {
    this.#pem = undefined;
    this.#cancelWatch?.();
    // It ends what it has begun.
    this.#take('share');
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

  /** Looks after a while whether somebody has waited for too long. */
  #watch(): void {
    if (this.#turn === 'share') return;
    this.#cancelWatch ??= this.clock.after(LATE_MS, () => {
      this.#cancelWatch = undefined;
      const first = [...this.#waiting.values()].flatMap((queue) => queue.slice(0, 1));
      const jobs = [...this.#inHand.values(), ...first];
      if (jobs.some(({ since }) => this.clock.now() - since >= LATE_MS)) this.#take('share');
      else if (jobs.length > 0) this.#watch();
    });
  }

  /** The thread is idle: from its next work on it takes spare time only. */
  #rest(): void {
    if (this.#count > 0 || this.#inHand.size > 0) return;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#take('spare');
  }

  #take(turn: ThreadTurn): void {
    if (this.#threadId === undefined || this.#turn === turn || !this.turns.mayReturn) return;
    if (this.turns.set(this.#threadId, turn)) this.#turn = turn;
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./unwrap-worker.js', import.meta.url));
    worker.unref();
    worker.postMessage({ pem: this.#pem ?? '' } satisfies ToUnwrapWorker);
    worker.on('message', (message: FromUnwrapWorker) => {
      if ('thread' in message) {
        this.#threadId = message.thread;
        this.#turn = 'share';
        this.#take('spare');
        this.#watch();
        return;
      }
      const { id, key, token } = message;
      const job = this.#inHand.get(id);
      this.#inHand.delete(id);
      job?.settle(
        key && token
          ? { kind: 'opened', key: Buffer.from(key), token: Buffer.from(token) }
          : { kind: 'malformed' },
      );
      this.#feed();
      this.#rest();
    });
    // Clients ask again; the next one starts another thread. What it threw is not told: it may hold a part of what it was given.
    const lost = () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#threadId = undefined;
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
