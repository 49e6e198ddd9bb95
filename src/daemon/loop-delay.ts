import type { Clock } from './clock.js';

/** Seldom: a look every few milliseconds, as Node's own monitor takes it, would wake an idle fogd a hundred times a second. */
const TRY_EVERY_MS = 5_000;

/** Tries how late timers come, that is, how long others wait for the event loop. The returned function ends it. */
export function watchLoopDelay(clock: Clock, observe: (seconds: number) => void): () => void {
  let cancel = (): void => undefined;
  const tryLater = (): void => {
    const due = clock.now() + TRY_EVERY_MS;
    cancel = clock.after(TRY_EVERY_MS, () => {
      observe(Math.max(0, clock.now() - due) / 1000);
      tryLater();
    });
  };
  tryLater();
  return () => cancel();
}
