import { sentLine } from './client.js';
import { bytes, plain } from './tables.js';
import { ProgressLine, terminalWidth } from './terminal.js';

/** What fogd is taking in. */
interface Arrival {
  readonly name: string;
  /** So far. */
  readonly bytes: number;
  /** null: nobody knows. */
  readonly total: number | null;
}

const LOOK_EVERY_MS = 250;

/** Says on a terminal how far it is what fogd takes in by an order, until the order is over, well or not. `look` asks fogd. */
export async function showArrivals(
  order: Promise<unknown>,
  look: () => Promise<readonly Arrival[]>,
): Promise<void> {
  if (terminalWidth(process.stderr) === undefined) return;
  const progress = new ProgressLine(() => performance.now());
  const over = order.then(
    () => true,
    () => true,
  );
  const passes = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), LOOK_EVERY_MS));
  do {
    // Whatever is wrong, the answer to the order itself says it.
    const arriving = await look().catch(() => []);
    for (const { name, bytes: sent, total } of arriving)
      progress.say(`${plain(name)} ${total === null ? bytes(sent) : sentLine(sent, total)}`);
  } while (!(await Promise.race([over, passes()])));
  progress.done();
}
