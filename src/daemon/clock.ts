/** Time as the house sees it. Injected wherever a timer, a timeout or an expiry matters, so tests never sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after `milliseconds`; the returned function cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /**
   * As `after`, up to a second earlier or later: for what looks round from time to time. All such timers fall due together, so that an idle
   * fogd sleeps in between instead of waking up for each of them.
   */
  afterAbout(milliseconds: number, run: () => void): () => void;
}

/** What is asked for by `afterAbout` falls due at the multiples of this. */
const MOMENT_MS = 2_000;

/** The real clock. Its timers do not keep the process alive: a service that is stopped must not hold up the exit. */
export const systemClock: Clock = createSystemClock();

export function createSystemClock(): Clock {
  const after = (milliseconds: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  };
  /** One timer for each moment: timers of their own would fire some milliseconds apart. */
  const moments = new Map<number, Set<{ readonly run: () => void }>>();
  const afterAbout = (milliseconds: number, run: () => void): (() => void) => {
    const now = performance.now();
    const moment = Math.max(Math.floor(now / MOMENT_MS) + 1, Math.round((now + milliseconds) / MOMENT_MS));
    const runs = moments.get(moment) ?? new Set();
    if (!moments.has(moment)) {
      moments.set(moment, runs);
      after(Math.ceil(moment * MOMENT_MS - now), () => {
        moments.delete(moment);
        // One that another of them cancels meanwhile is left out.
        for (const { run } of runs) run();
      });
    }
    const entry = { run };
    runs.add(entry);
    return () => runs.delete(entry);
  };
  return { now: () => Date.now(), after, afterAbout };
}
