import { RecentMap } from '#recent-map.js';

/** Packets that one machine may send at once, and how many more with each second: a boot is about ten in half a minute. */
const BURST = 100;
const PER_SECOND = 50;
/** Machines whose rate is watched; of more, those that were silent for longest are let go. */
const WATCHED = 4096;
/** Time between two looks at how busy the process is, in milliseconds. */
const WINDOW_MS = 100;
/** Share of its time that the process works, from which on it can be too much. */
const SATURATED = 0.98;
/**
 * Share of what was done in one such window that the next one has for machines never seen before; with less (0.5) a fifth fewer machines
 * were served, with more (0.9) they waited twice as long.
 */
const STRANGERS_SHARE = 0.8;
/** But at least so many packets. */
const LEAST = 10;

/** A packet that is dropped before it costs more. `isNew` once in a second for each of the reasons. */
export interface Limited {
  readonly reason: string;
  readonly isNew: boolean;
}

/**
 * Keeps one machine, or many invented ones, from taking the service away from the others: each MAC has a rate, and when the process has
 * no time left, known machines go before those never seen.
 */
export class RateLimit {
  readonly #buckets = new RecentMap<string, { tokens: number; at: number }>(WATCHED);
  readonly #toldAt = new Map<string, number>();
  #window = { from: Number.NEGATIVE_INFINITY, packets: 0, left: Number.POSITIVE_INFINITY };

  /** `busy` gives the share of its time, 0 to 1, in which the process worked since it was last asked. */
  constructor(private readonly busy: () => number) {}

  /**
   * What to say of a packet that is to be dropped; undefined: it is served. `key` stands for the machine; its name, `macOf`, is asked for
   * only when it is needed.
   */
  check(
    key: string,
    macOf: () => string,
    isKnown: (mac: string) => boolean,
    now: number,
  ): Limited | undefined {
    this.#window.packets += 1;
    if (now - this.#window.from >= WINDOW_MS || now < this.#window.from) this.#openWindow(now);
    if (!this.#take(key, now))
      return this.#limited(`${macOf()} sends more than ${PER_SECOND} packets a second`, 'rate', now);
    this.#window.left -= 1;
    if (this.#window.left >= 0 || isKnown(macOf())) return undefined;
    return this.#limited('more packets come than can be answered: known machines go first', 'flood', now);
  }

  #openWindow(now: number): void {
    const isSaturated = this.busy() > SATURATED;
    const left = isSaturated
      ? Math.max(LEAST, Math.floor(this.#window.packets * STRANGERS_SHARE))
      : Number.POSITIVE_INFINITY;
    this.#window = { from: now, packets: 0, left };
  }

  #take(key: string, now: number): boolean {
    const before = this.#buckets.get(key);
    const earned = before === undefined ? BURST : (Math.max(0, now - before.at) / 1000) * PER_SECOND;
    const tokens = Math.min(BURST, (before?.tokens ?? 0) + earned) - 1;
    this.#buckets.set(key, { tokens: Math.max(tokens, 0), at: now });
    return tokens >= 0;
  }

  #limited(reason: string, kind: string, now: number): Limited {
    const told = this.#toldAt.get(kind);
    const isNew = told === undefined || now - told >= 1000 || now < told;
    if (isNew) this.#toldAt.set(kind, now);
    return { reason, isNew };
  }
}
