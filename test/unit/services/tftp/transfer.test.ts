import { describe, expect, it } from 'vitest';
import { type Action, type Plan, Transfer } from '#services/tftp/transfer.js';

const plan = (size: number, more: Partial<Plan> = {}): Plan => ({
  size,
  blockSize: 512,
  windowSize: 1,
  granted: [],
  ...more,
});
const WITH_OPTIONS = { granted: [{ name: 'tsize', value: '0' }] };

/** The actions in short: `oack`, `1:512` (block:bytes), `error`, and the ending. */
function shortOf(action: Action): string {
  switch (action.kind) {
    case 'send-oack':
      return 'oack';
    case 'send-block':
      return `${action.block}:${action.bytes}@${action.offset}`;
    case 'send-error':
      return `error ${action.code}`;
    case 'end':
      return action.result.ending;
  }
}
const short = (actions: readonly Action[]): string[] => actions.map(shortOf);

function resultOf(actions: readonly Action[]) {
  const end = actions.find((action) => action.kind === 'end');
  if (end?.kind !== 'end') throw new Error('the transfer goes on');
  return end.result;
}

describe('Transfer', () => {
  it('sends block after block and is complete with the last ACK', () => {
    const transfer = new Transfer(plan(1000), 0);
    expect(short(transfer.start(0))).toEqual(['1:512@0']);
    expect(short(transfer.on({ kind: 'ack', block: 1 }, 1))).toEqual(['2:488@512']);
    const end = transfer.on({ kind: 'ack', block: 2 }, 3);
    expect(resultOf(end)).toEqual({
      ending: 'complete',
      bytes: 1000,
      ms: 3,
      retransmissions: 0,
      unanswered: false,
      askedAgain: 0,
      reason: '',
    });
    expect(transfer.on({ kind: 'ack', block: 2 }, 4)).toEqual([]);
  });

  it.each([
    [0, ['1:0@0']],
    [1, ['1:1@0']],
    [511, ['1:511@0']],
    [512, ['1:512@0', '2:0@512']],
    [513, ['1:512@0', '2:1@512']],
  ])('ends a file of %i bytes with a short block', (size, blocks) => {
    const transfer = new Transfer(plan(size), 0);
    const sent = short(transfer.start(0));
    for (let block = 1; !transfer.ended; block++) sent.push(...short(transfer.on({ kind: 'ack', block }, 0)));
    expect(sent).toEqual([...blocks, 'complete']);
  });

  it('sends the OACK first when an option was granted', () => {
    const transfer = new Transfer(plan(10, WITH_OPTIONS), 0);
    expect(short(transfer.start(0))).toEqual(['oack']);
    expect(short(transfer.on({ kind: 'ack', block: 1 }, 1))).toEqual([]);
    expect(short(transfer.on({ kind: 'ack', block: 0 }, 1))).toEqual(['1:10@0']);
  });

  it('rolls over from block 65535 to block 0', () => {
    const blocks = 65_540;
    const transfer = new Transfer(plan(blocks * 8, { blockSize: 8 }), 0);
    transfer.start(0);
    const sent: number[] = [];
    let actions: readonly Action[] = [];
    for (let index = 1; !transfer.ended; index++) {
      actions = transfer.on({ kind: 'ack', block: index & 0xffff }, 0);
      for (const action of actions) if (action.kind === 'send-block') sent.push(action.block);
    }
    expect(sent.slice(65_533, 65_538)).toEqual([65_535, 0, 1, 2, 3]);
    expect(resultOf(actions)).toMatchObject({ ending: 'complete', bytes: blocks * 8 });
  });

  it('rolls over inside a window', () => {
    const transfer = new Transfer(plan(65_540 * 8, { blockSize: 8, windowSize: 8 }), 0);
    transfer.start(0);
    let last: readonly Action[] = [];
    for (let block = 8; !transfer.ended; block += 8) {
      const top = Math.min(block, 65_541);
      last = transfer.on({ kind: 'ack', block: top & 0xffff }, 0);
    }
    expect(resultOf(last)).toMatchObject({ ending: 'complete', bytes: 65_540 * 8, retransmissions: 0 });
  });

  it('sends a window, goes on from where a partial ACK says, and answers its copies once', () => {
    const transfer = new Transfer(plan(7400, { windowSize: 4, ...WITH_OPTIONS }), 0);
    transfer.start(0);
    const blocks = (actions: readonly Action[]) =>
      actions.map((action) => (action.kind === 'send-block' ? action.block : action.kind));
    expect(blocks(transfer.on({ kind: 'ack', block: 0 }, 1))).toEqual([1, 2, 3, 4]);
    // 3 is missing: 4 tells so, and nothing else of this window can.
    expect(blocks(transfer.on({ kind: 'ack', block: 2 }, 2))).toEqual([3, 4, 5, 6]);
    expect(blocks(transfer.on({ kind: 'ack', block: 6 }, 3))).toEqual([7, 8, 9, 10]);
    expect(blocks(transfer.on({ kind: 'ack', block: 6 }, 3))).toEqual([]);
    expect(blocks(transfer.on({ kind: 'ack', block: 10 }, 4))).toEqual([11, 12, 13, 14]);
    // 11 is missing: 12, 13 and 14 tell so.
    expect(blocks(transfer.on({ kind: 'ack', block: 10 }, 5))).toEqual([11, 12, 13, 14]);
    expect(blocks(transfer.on({ kind: 'ack', block: 10 }, 5))).toEqual([]);
    expect(blocks(transfer.on({ kind: 'ack', block: 10 }, 5))).toEqual([]);
    for (const block of [3, 9, 15, 65_535]) expect(transfer.on({ kind: 'ack', block }, 5)).toEqual([]);
    expect(blocks(transfer.on({ kind: 'ack', block: 14 }, 6))).toEqual([15]);
    expect(blocks(transfer.on({ kind: 'ack', block: 15 }, 7))).toEqual(['end']);
  });

  it('sends nothing for a late or doubled ACK', () => {
    const transfer = new Transfer(plan(5000), 0);
    transfer.start(0);
    transfer.on({ kind: 'ack', block: 1 }, 1);
    transfer.on({ kind: 'ack', block: 2 }, 2);
    for (const block of [0, 1, 2, 4, 5, 65535]) expect(transfer.on({ kind: 'ack', block }, 3)).toEqual([]);
    expect(short(transfer.on({ kind: 'ack', block: 3 }, 4))).toEqual(['4:512@1536']);
  });

  it('says the size and is not a failure when the client aborts at the OACK', () => {
    const transfer = new Transfer(plan(10, WITH_OPTIONS), 0);
    transfer.start(0);
    const end = transfer.on({ kind: 'error', code: 8, message: 'User aborted the transfer' }, 2);
    expect(short(end)).toEqual(['aborted-at-options']);
    expect(resultOf(end).reason).toBe('error 8: User aborted the transfer');
  });

  it('ends when the client gives up in the middle, without an answer', () => {
    const transfer = new Transfer(plan(5000), 0);
    transfer.start(0);
    transfer.on({ kind: 'ack', block: 1 }, 1);
    const end = transfer.on({ kind: 'error', code: 3, message: '' }, 2);
    expect(short(end)).toEqual(['aborted-by-client']);
    expect(resultOf(end)).toMatchObject({ bytes: 512, reason: 'error 3' });
  });

  it('repeats with growing waits to a client that never answers, and then lets go', () => {
    const transfer = new Transfer(plan(10), 0);
    const sentAt: number[] = [];
    let actions = transfer.start(0);
    let now = 0;
    while (!transfer.ended) {
      sentAt.push(now);
      now = transfer.deadline;
      actions = transfer.on({ kind: 'time' }, now);
    }
    expect(sentAt).toEqual([0, 1000, 3000, 7000, 12_000]);
    expect(resultOf(actions)).toMatchObject({
      ending: 'stalled',
      unanswered: true,
      bytes: 0,
      retransmissions: 4,
    });
    expect(now).toBe(17_000);
  });

  it('is more patient with a client that has answered', () => {
    const transfer = new Transfer(plan(5000), 0);
    transfer.start(0);
    transfer.on({ kind: 'ack', block: 1 }, 10);
    let actions: readonly Action[] = [];
    while (!transfer.ended) actions = transfer.on({ kind: 'time' }, transfer.deadline);
    expect(resultOf(actions)).toMatchObject({ ending: 'stalled', unanswered: false, bytes: 512 });
    expect(resultOf(actions).ms).toBeGreaterThanOrEqual(20_000);
    expect(resultOf(actions).ms).toBeLessThan(30_000);
  });

  it('calls it unconfirmed when only the ACK of the last block is missing', () => {
    const transfer = new Transfer(plan(600), 0);
    transfer.start(0);
    transfer.on({ kind: 'ack', block: 1 }, 1);
    let actions: readonly Action[] = [];
    while (!transfer.ended) actions = transfer.on({ kind: 'time' }, transfer.deadline);
    expect(short(actions)).toEqual(['unconfirmed']);
  });

  it('does nothing when the time has not come', () => {
    const transfer = new Transfer(plan(10), 0);
    transfer.start(0);
    expect(transfer.on({ kind: 'time' }, 999)).toEqual([]);
    expect(short(transfer.on({ kind: 'time' }, 1000))).toEqual(['1:10@0']);
  });

  it('goes on when the clock is set back', () => {
    const transfer = new Transfer(plan(10), 1_000_000);
    transfer.start(1_000_000);
    expect(short(transfer.on({ kind: 'time' }, 5))).toEqual(['1:10@0']);
    expect(short(transfer.on({ kind: 'ack', block: 1 }, 6))).toEqual(['complete']);
  });

  it('survives a clock that jumps ahead', () => {
    const transfer = new Transfer(plan(10), 0);
    transfer.start(0);
    expect(short(transfer.on({ kind: 'time' }, 3_600_000))).toEqual(['1:10@0']);
  });

  it('answers a repeated request again, but does not let it put off the end', () => {
    const transfer = new Transfer(plan(10, WITH_OPTIONS), 0);
    transfer.start(0);
    expect(transfer.isCopy(900)).toBe(true);
    expect(short(transfer.on({ kind: 'asked-again' }, 900))).toEqual(['oack']);
    expect(transfer.deadline).toBe(1000);
  });

  it('knows a copy of the request from a client that began anew', () => {
    const transfer = new Transfer(plan(5000), 0);
    transfer.start(0);
    transfer.on({ kind: 'ack', block: 1 }, 100);
    expect(transfer.isCopy(200)).toBe(true);
    expect(transfer.on({ kind: 'asked-again' }, 200)).toEqual([]);
    expect(transfer.isCopy(1100)).toBe(false);
    expect(short(transfer.on({ kind: 'restarted' }, 1100))).toEqual(['restarted-by-client']);
  });

  it('tells a client that has answered when the source fails or the server stops', () => {
    for (const [event, ending] of [
      [{ kind: 'source-failed', reason: 'gone' }, 'source-failed'],
      [{ kind: 'stop', reason: 'bye' }, 'stopped'],
    ] as const) {
      const transfer = new Transfer(plan(5000), 0);
      transfer.start(0);
      transfer.on({ kind: 'ack', block: 1 }, 1);
      expect(short(transfer.on(event, 2))).toEqual(['error 0', ending]);
    }
  });

  it('is silent to a client that has not answered when the server stops: it will ask the next server', () => {
    const transfer = new Transfer(plan(10), 0);
    transfer.start(0);
    expect(short(transfer.on({ kind: 'stop', reason: 'bye' }, 2))).toEqual(['stopped']);
  });

  it('follows the timeout that the client asked for', () => {
    const transfer = new Transfer(
      plan(10, { timeoutMs: 1000, granted: [{ name: 'timeout', value: '1' }] }),
      0,
    );
    transfer.start(0);
    transfer.on({ kind: 'time' }, 1000);
    expect(transfer.deadline).toBe(2000);
  });
});
