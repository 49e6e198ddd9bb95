import { Transfer } from '#services/tftp/transfer.js';

/** What happens to the nth packet of an exchange (both directions counted together, in the order they are sent). */
export type Fate =
  | { readonly kind: 'deliver' }
  | { readonly kind: 'lose' }
  /** Late by so many milliseconds. */
  | { readonly kind: 'delay'; readonly by: number }
  /** Twice, the second time late. */
  | { readonly kind: 'double'; readonly by: number };

export interface Exchange {
  readonly received: Buffer | undefined;
  readonly endings: readonly string[];
  /** How often each block was sent. */
  readonly sends: ReadonlyMap<number, number>;
  readonly packets: number;
  /** Virtual milliseconds until both ends were done. */
  readonly ms: number;
}

type ToServer = { kind: 'read' } | { kind: 'ack'; block: number };
type ToClient = { kind: 'oack' } | { kind: 'data'; block: number; data: Buffer };

const LATENCY_MS = 1;
/** The client repeats what it said last after this silence, and gives up after this many repeats. */
const CLIENT_WAIT_MS = 1500;
const CLIENT_REPEATS = 30;

/**
 * One transfer between the state machine and a plain client under virtual time: RFC 1350, or RFC 7440 with a window. The client
 * acknowledges doubled blocks again, as most do, says at each block out of its order what it has (RFC 7440 section 4), and stops listening
 * once it has acknowledged the last block.
 */
export function exchange(
  content: Buffer,
  blockSize: number,
  withOptions: boolean,
  fateOf: (n: number) => Fate,
  windowSize = 1,
): Exchange {
  const queue: { at: number; order: number; run: () => void }[] = [];
  let now = 0;
  let order = 0;
  let packets = 0;
  const later = (delay: number, run: () => void): void => {
    queue.push({ at: now + delay, order: order++, run });
  };
  const carry = (arrive: () => void): void => {
    const fate = fateOf(packets++);
    if (fate.kind === 'lose') return;
    later(LATENCY_MS + (fate.kind === 'delay' ? fate.by : 0), arrive);
    if (fate.kind === 'double') later(LATENCY_MS + fate.by, arrive);
  };

  const endings: string[] = [];
  const sends = new Map<number, number>();
  const granted = withOptions ? [{ name: 'blksize', value: String(blockSize) }] : [];
  let transfer: Transfer | undefined;
  let hasStarted = false;
  const perform = (actions: ReturnType<Transfer['start']>): void => {
    for (const action of actions) {
      if (action.kind === 'send-oack') carry(() => client({ kind: 'oack' }));
      else if (action.kind === 'send-block') {
        const { block, offset, bytes } = action;
        const index = offset / blockSize + 1;
        sends.set(index, (sends.get(index) ?? 0) + 1);
        carry(() => client({ kind: 'data', block, data: content.subarray(offset, offset + bytes) }));
      } else if (action.kind === 'end') endings.push(action.result.ending);
    }
    if (transfer && !transfer.ended) tick(transfer);
  };
  const tick = (of: Transfer): void => {
    later(Math.max(0, of.deadline - now), () => {
      if (!of.ended && now >= of.deadline) perform(of.on({ kind: 'time' }, now));
    });
  };
  const server = (packet: ToServer): void => {
    if (packet.kind === 'ack') {
      if (transfer) perform(transfer.on(packet, now));
    } else if (transfer && !transfer.ended && transfer.isCopy(now)) {
      perform(transfer.on({ kind: 'asked-again' }, now));
    } else if (!hasStarted) {
      hasStarted = true;
      transfer = new Transfer({ size: content.length, blockSize, windowSize, granted }, now);
      perform(transfer.start(now));
    }
  };

  const parts: Buffer[] = [];
  let isDone = false;
  let inWindow = 0;
  let said: ToServer = { kind: 'read' };
  let saidNumber = 0;
  const say = (packet: ToServer, repeats = 0): void => {
    said = packet;
    const number = ++saidNumber;
    carry(() => server(packet));
    later(CLIENT_WAIT_MS, () => {
      if (!isDone && number === saidNumber && repeats < CLIENT_REPEATS) say(said, repeats + 1);
    });
  };
  const client = (packet: ToClient): void => {
    if (isDone) return;
    if (packet.kind === 'oack') {
      if (parts.length === 0) say({ kind: 'ack', block: 0 });
    } else if (packet.block === ((parts.length + 1) & 0xffff)) {
      parts.push(packet.data);
      isDone = packet.data.length < blockSize;
      inWindow += 1;
      if (!isDone && inWindow < windowSize) return;
      inWindow = 0;
      say({ kind: 'ack', block: packet.block });
    } else if (windowSize > 1 || packet.block === (parts.length & 0xffff)) {
      inWindow = 0;
      say({ kind: 'ack', block: parts.length & 0xffff });
    }
  };

  say(said);
  while (queue.length > 0 && !(isDone && endings.length > 0)) {
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = queue.shift();
    if (!next) break;
    now = next.at;
    next.run();
  }
  return { received: isDone ? Buffer.concat(parts) : undefined, endings, sends, packets, ms: now };
}
