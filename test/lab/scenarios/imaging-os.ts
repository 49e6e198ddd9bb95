/** The imaging environment on a virtual PC's screen. */
import type { VirtualPc } from '../virtual-pc.js';

/**
 * Waits until the imaging environment has restarted the machine (its nth reset since power-on). Fails at
 * once, with the screen, when it shows a fatal error instead: that ends in a restart too, a minute later.
 * `from`: a mark before the imaging environment started.
 */
export async function waitForRestart(
  pc: VirtualPc,
  count: number,
  timeoutMs: number,
  from: number,
): Promise<void> {
  const end = await pc.screen.waitUntil('the imaging environment to end', timeoutMs, () => {
    if (pc.resets >= count) return 'restart';
    return /restarts in \d+ seconds/.test(pc.screen.text.slice(from)) ? 'fatal' : undefined;
  });
  if (end === 'fatal')
    throw new Error(`the imaging environment failed; the screen:\n${pc.screen.snapshot()}`);
}
