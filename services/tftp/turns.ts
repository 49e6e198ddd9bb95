/** Milliseconds of one turn of the event loop that TFTP may take, with what waits and what comes in counted apart. */
const TURN_MS = 4;
/** Requests that have their turn however many transfers run: else long transfers would keep others from beginning. */
const LEAST_REQUESTS = 16;
/** Packets that may wait, of each kind. Beyond it each is handled as it comes, and the kernel's buffer is what fills. */
const MOST_WAITING = 10_000;

type Job = () => void;

export interface TurnsDeps {
  /** Milliseconds that pass evenly, from any start. */
  readonly stopwatch: () => number;
  /** Runs something behind the packets that are there already, before the next are looked for. */
  readonly defer: (run: () => void) => void;
}

/**
 * Lets DHCP and HTTP have their turns: a storm hands over a thousand packets of TFTP in one turn of the event loop, each worth a block or a
 * window of them, and everything else would wait till the last is sent. What does not fit waits here for the next turns: packets of
 * transfers that run first, so that what was begun gets done, and requests behind them.
 */
export class Turns {
  readonly #ofTransfers: Job[] = [];
  readonly #requests: Job[] = [];
  #spent = 0;
  #isDeferred = false;

  constructor(
    private readonly deps: TurnsDeps = { stopwatch: () => performance.now(), defer: setImmediate },
  ) {}

  /** Packets that wait. */
  get waiting(): number {
    return this.#ofTransfers.length + this.#requests.length;
  }

  /** Does it now or in one of the next turns. */
  take(kind: 'request' | 'of-transfer', job: Job): void {
    const queue = kind === 'request' ? this.#requests : this.#ofTransfers;
    if (queue.length >= MOST_WAITING || (this.#spent < TURN_MS && this.waiting === 0)) {
      const from = this.deps.stopwatch();
      job();
      this.#spent += this.deps.stopwatch() - from;
    } else queue.push(job);
    this.#turnLater();
  }

  #turnLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.deps.defer(() => {
      this.#isDeferred = false;
      this.#turn();
    });
  }

  #turn(): void {
    this.#spent = 0;
    if (this.waiting === 0) return;
    const end = this.deps.stopwatch() + TURN_MS;
    this.#work(this.#ofTransfers, end, 0);
    this.#work(this.#requests, end, LEAST_REQUESTS);
    if (this.waiting > 0) this.#turnLater();
  }

  /** Works on the oldest until the time is over, but does at least so many. */
  #work(queue: Job[], end: number, least: number): void {
    let done = 0;
    for (let job = queue[done]; job; job = queue[done]) {
      if (done >= least && this.deps.stopwatch() >= end) break;
      done++;
      job();
    }
    queue.splice(0, done);
  }
}
