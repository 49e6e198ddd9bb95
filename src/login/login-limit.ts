import type { Clock } from '#daemon/clock.js';
import { sourceNetwork } from '#source-network.js';

/** FOG's own limit (spec fos-protocol 3.15). */
const FAILURES = 5;
const WINDOW_MS = 300_000;
const MAX_ADDRESSES = 10_000;

/** Failed logins by address. In memory: a restart forgives, a crowd of addresses pushes out the oldest. */
export class LoginLimit {
  readonly #failures = new Map<string, number[]>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Seconds until this address may try again; 0: now. */
  waitSeconds(address: string): number {
    const times = this.#recent(sourceNetwork(address));
    const [oldest] = times;
    if (times.length < FAILURES || oldest === undefined) return 0;
    return Math.ceil((oldest + WINDOW_MS - this.clock.now()) / 1000);
  }

  failed(address: string): void {
    const key = sourceNetwork(address);
    const times = this.#recent(key);
    this.#failures.delete(key);
    this.#failures.set(key, [...times, this.clock.now()].slice(-FAILURES));
    if (this.#failures.size <= MAX_ADDRESSES) return;
    const [eldest] = this.#failures.keys();
    if (eldest !== undefined) this.#failures.delete(eldest);
  }

  succeeded(address: string): void {
    this.#failures.delete(sourceNetwork(address));
  }

  #recent(key: string): number[] {
    const now = this.clock.now();
    // Later than now: the clock was set back since, perhaps by days.
    return (this.#failures.get(key) ?? []).filter((at) => at <= now && now - at < WINDOW_MS);
  }
}
