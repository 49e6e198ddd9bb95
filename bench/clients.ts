/**
 * FOG Clients of a site's hosts that make handshakes one after the other, each from an address of its own. Runs in the server's namespace
 * (client.ts). Prints one line: handshakes in a second, and how many failed.
 *
 *   node dist/bench/clients.js FIRST COUNT AT_ONCE SECONDS
 */
import { FogClient } from '../test/unit/clients/fog-client.js';
import { socketTransport } from '../test/unit/clients/socket-transport.js';
import { macOf } from './site.js';

const [first = 0, count = 1, atOnce = 1, seconds = 0] = process.argv.slice(2).map(Number);

// Its own clock lets each client make as many handshakes as it likes.
let now = 0;
const clients = Array.from(
  { length: count },
  (_, n) =>
    new FogClient({
      transport: socketTransport(`127.1.${(first + n) >> 8}.${(first + n) & 255}`),
      macs: macOf(first + n),
      now: () => (now += 121_000),
      sleep: async () => undefined,
    }),
);
let done = 0;
let failed = 0;
const end = seconds === 0 ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1_000;
const start = performance.now();
/** Without a time, each once. */
async function work(): Promise<void> {
  for (let client = clients.shift(); client && performance.now() < end; client = clients.shift()) {
    if (!client.pinned) await client.install();
    if (await client.handshake()) done++;
    else failed++;
    if (seconds > 0) clients.push(client);
  }
}
await Promise.all(Array.from({ length: atOnce }, work));
const rate = (done * 1_000) / (performance.now() - start);
process.stdout.write(`${JSON.stringify({ rate, done, failed })}\n`);
process.exit(0);
