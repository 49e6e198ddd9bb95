/**
 * Many TFTP clients in one process, as firmware is: lock-step or windows, one socket each, the last packet again after a second. Runs in a
 * network namespace (tftp.ts). Prints one line of JSON.
 *
 *   node dist/bench/tftp-clients.js SERVER FILE SIZE CLIENTS WINDOW SPREAD_MS
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , server = '', file = '', size = '0', count = '1', window = '1', spread = '0'] = process.argv;
const BLOCK = 1428;
const AGAIN_MS = 1000;
const GIVE_UP_MS = 60_000;
const request = (): Buffer => {
  const options = ['blksize', String(BLOCK), ...(window === '1' ? [] : ['windowsize', window])];
  return Buffer.from(`\0\u0001${[file, 'octet', ...options].join('\0')}\0`, 'latin1');
};
const ackOf = (block: number): Buffer => Buffer.of(0, 4, (block >> 8) & 255, block & 255);

/** Milliseconds, or undefined where it failed. */
function fetchOnce(): Promise<number | undefined> {
  return new Promise((resolve) => {
    const from = performance.now();
    const socket = createSocket({ type: 'udp4', lookup: (name, _, done) => done(null, name, 4) });
    let port = 69;
    let next = 1;
    let inWindow = 0;
    let windowSize = 1;
    let bytes = 0;
    let said = request();
    let saidAt = from;
    const end = (ms: number | undefined): void => {
      clearInterval(timer);
      socket.close();
      resolve(ms);
    };
    const say = (packet: Buffer): void => {
      said = packet;
      saidAt = performance.now();
      socket.send(said, port, server);
    };
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - from > GIVE_UP_MS) end(undefined);
      else if (now - saidAt >= AGAIN_MS) say(said);
    }, 100);
    socket.on('error', () => end(undefined));
    socket.on('message', (packet, peer) => {
      if (port === 69) port = peer.port;
      else if (peer.port !== port) return;
      const [, opcode] = packet;
      if (opcode === 5) return end(undefined);
      if (opcode === 6) {
        if (/windowsize\0(\d+)/i.test(packet.toString('latin1')))
          windowSize = Number(/windowsize\0(\d+)/i.exec(packet.toString('latin1'))?.[1]);
        if (next === 1) say(ackOf(0));
        return;
      }
      if (opcode !== 3) return;
      const block = packet.readUInt16BE(2);
      if (block !== (next & 0xffff)) {
        inWindow = 0;
        // In lock-step a copy of the last block is acknowledged again; in a window whatever is not the next one.
        if (windowSize > 1 || block === ((next - 1) & 0xffff)) say(ackOf(next - 1));
        return;
      }
      next += 1;
      inWindow += 1;
      bytes += packet.length - 4;
      const isLast = packet.length - 4 < BLOCK;
      if (isLast || inWindow >= windowSize) {
        inWindow = 0;
        say(ackOf(next - 1));
      }
      if (isLast) end(bytes === Number(size) ? performance.now() - from : undefined);
    });
    socket.bind(0, () => say(said));
  });
}

const began = performance.now();
const all: Promise<number | undefined>[] = [];
for (let n = 0; n < Number(count); n++) {
  const due = (n * Number(spread)) / Number(count);
  if (performance.now() - began < due) await sleep(due - (performance.now() - began));
  all.push(fetchOnce());
}
const times = (await Promise.all(all)).flatMap((ms) => ms ?? []).sort((a, b) => a - b);
const at = (share: number): number => Math.round(times[Math.floor(times.length * share)] ?? 0);
process.stdout.write(
  `${JSON.stringify({
    failed: Number(count) - times.length,
    seconds: (performance.now() - began) / 1000,
    p50: at(0.5),
    p95: at(0.95),
    max: at(0.999),
  })}\n`,
);
