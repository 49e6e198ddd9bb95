import type { Clock } from '#daemon/clock.js';
import { RecentMap } from '#recent-map.js';

/** Most that is remembered; whoever comes from more sources than that is not held back by a limit for each. */
const MOST_KEYS = 20_000;

/** How often somebody may do something: `burst` times at once, then once in `everyMs`. In memory: a restart forgives. */
export class RateLimit {
  readonly #fullAt = new RecentMap<string, number>(MOST_KEYS);

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly burst: number,
    private readonly everyMs: number,
  ) {}

  /** Whether it may be done now; if so, it counts. */
  take(key: string): boolean {
    const now = this.clock.now();
    const most = now + this.burst * this.everyMs;
    const before = this.#fullAt.get(key) ?? 0;
    // When all of the burst would be there again. One that is further off is of a clock that was set back since: it could shut out for days.
    const fullAt = (before > most ? now : Math.max(before, now)) + this.everyMs;
    if (fullAt > most) return false;
    this.#fullAt.set(key, fullAt);
    return true;
  }
}
