import type { Clock } from './clock.js';

/** Beats in the time that the watchdog waits: one may come late, on a busy machine, without fogd being taken for hung. */
const BEATS = 3;

/**
 * Calls `beat` at once and then three times in each `watchdogMs`, from a timer of the event loop: a loop that stands still sends no sign of
 * life, and the service manager starts fogd anew. Returns a function that ends it.
 */
export function startHeartbeat(clock: Clock, watchdogMs: number, beat: () => void): () => void {
  let cancel: () => void = () => undefined;
  const next = () => {
    beat();
    cancel = clock.after(watchdogMs / BEATS, next);
  };
  next();
  return () => cancel();
}
