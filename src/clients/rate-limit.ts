import type { Clock } from '#daemon/clock.js';
import { RecentMap } from '#recent-map.js';

/** Most that is remembered; whoever comes from more sources than that is not held back by a limit for each. */
const MOST_KEYS = 20_000;

/** How often somebody may do something: `burst` times at once, then once in `everyMs`. In memory: a restart forgives. */
export class RateLimit {
  readonly #fullAt = new RecentMap<string, number>(MOST_KEYS);

  constructor(
    private readonly clock: Clock,
    private readonly burst: number,
    private readonly everyMs: number,
  ) {}

  /** Whether it may be done now; if so, it counts. */
  take(key: string): boolean {
    const now = this.clock.now();
    // When all of the burst would be there again.
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now) + this.everyMs;
    if (fullAt - now > this.burst * this.everyMs) return false;
    this.#fullAt.set(key, fullAt);
    return true;
  }
}
