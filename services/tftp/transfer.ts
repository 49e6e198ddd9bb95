/**
 * One read transfer as a pure state machine: an event and the time go in, actions come out. A window of blocks is sent before an ACK is
 * waited for (RFC 7440); with a window of one, this is the lock-step of RFC 1350. Blocks are counted from 1 without end here and put on the
 * wire modulo 65536, so that a file may have more than 65535.
 */
import type { Agreement } from './options.js';
import { ErrorCode } from './packet.js';
import { RoundTrip } from './round-trip.js';

/** Waiting for one and the same answer ends after this time in all, or three of the client's own timeouts if those are longer. */
const PATIENCE_MS = 20_000;
const MOST_PATIENCE_MS = 60_000;
/** As long as nothing came back at all the request may be forged: it is not worth many packets. */
const UNANSWERED_PATIENCE_MS = 15_000;
/** A request that comes again while it is served is a copy, on the way twice; after this silence it is a client that has started anew. */
const RESTART_SILENCE_MS = 1_000;

export interface Plan extends Agreement {
  /** Bytes to send. */
  readonly size: number;
}

export type TransferEvent =
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** The deadline has passed. */
  | { readonly kind: 'time' }
  /** A copy of the request came, from the same port (see `isCopy`). */
  | { readonly kind: 'asked-again' }
  /** The same client began something new from the same port. */
  | { readonly kind: 'restarted' }
  /** The bytes to send could not be had. */
  | { readonly kind: 'source-failed'; readonly reason: string }
  /** The server wants to end it. */
  | { readonly kind: 'stop'; readonly reason: string };

export type Action =
  | { readonly kind: 'send-oack' }
  /** `bytes` of the file from `offset` on, as block number `block` (already modulo 65536). */
  | { readonly kind: 'send-block'; readonly block: number; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'send-error'; readonly code: number; readonly message: string }
  | { readonly kind: 'end'; readonly result: TransferResult };

export type Ending =
  | 'complete'
  /** Everything was sent and all but the last window acknowledged: the last ACK was lost, or the client never sends one. */
  | 'unconfirmed'
  /** The client answered the OACK with an ERROR: it wanted to know the size only, or did not like the options. */
  | 'aborted-at-options'
  | 'aborted-by-client'
  /** The same client began again from the same port. */
  | 'restarted-by-client'
  | 'stalled'
  | 'source-failed'
  | 'stopped';

export interface TransferResult {
  readonly ending: Ending;
  /** Bytes acknowledged. */
  readonly bytes: number;
  readonly ms: number;
  readonly retransmissions: number;
  /** Nothing ever came back. */
  readonly unanswered: boolean;
  /** How often the client repeated its request. */
  readonly askedAgain: number;
  /** What the client or the source said; empty otherwise. */
  readonly reason: string;
}

export class Transfer {
  readonly #blocks: number;
  readonly #roundTrip: RoundTrip;
  readonly #patience: number;
  /** Highest block acknowledged; -1 until the OACK is. */
  #acknowledged: number;
  /** Highest block sent since then. */
  #sent: number;
  /** Until this block is acknowledged, blocks that were sent twice may be under way, and ACKs say nothing of what is missing. */
  #recoverTo = -1;
  /** The block whose ACK ended that: copies of it are the echo of blocks that came twice. */
  #recoveredAt = -1;
  #unanswered = true;
  #sentAt: number;
  #heardAt: number;
  #repeated = false;
  #waited = 0;
  #wait: number;
  #retransmissions = 0;
  #askedAgain = 0;
  #ended = false;

  constructor(
    readonly plan: Plan,
    private readonly startedAt: number,
  ) {
    // A last block shorter than the others, if need be empty, tells the end.
    this.#blocks = Math.floor(plan.size / plan.blockSize) + 1;
    this.#acknowledged = plan.granted.length > 0 ? -1 : 0;
    this.#sent = this.#acknowledged;
    this.#roundTrip = new RoundTrip(plan.timeoutMs);
    this.#patience = Math.min(MOST_PATIENCE_MS, Math.max(PATIENCE_MS, 3 * (plan.timeoutMs ?? 0)));
    this.#sentAt = startedAt;
    this.#heardAt = startedAt;
    this.#wait = this.#roundTrip.wait;
  }

  /** When `time` is due. */
  get deadline(): number {
    return this.#sentAt + this.#wait;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing has come back yet. */
  get unanswered(): boolean {
    return this.#unanswered;
  }

  /** Whether the same request, coming again now, is a copy and not a client that has started anew. */
  isCopy(now: number): boolean {
    return this.#unanswered || now - this.#heardAt < RESTART_SILENCE_MS;
  }

  start(now: number): Action[] {
    this.#await(now);
    return this.#window();
  }

  on(event: TransferEvent, now: number): Action[] {
    if (this.#ended) return [];
    switch (event.kind) {
      case 'ack':
        return this.#onAck(event.block, now);
      case 'error':
        return this.#onError(event.code, event.message, now);
      case 'time':
        // A clock that was set back is no reason to wait for it to catch up.
        return now < this.deadline && now >= this.#sentAt ? [] : this.#onSilence(now);
      case 'asked-again':
        this.#askedAgain++;
        // The client has not got our first answer, or its question was doubled on the way: in both cases a copy does no harm. The
        // deadline stays, or a client that asks for ever would be served for ever.
        return this.#unanswered ? this.#repeat() : [];
      case 'restarted':
        return [this.#end('restarted-by-client', now)];
      case 'source-failed':
        return [sendError(event.reason), this.#end('source-failed', now, event.reason)];
      case 'stop':
        // A client that has heard nothing yet asks again when it hears nothing, and gives up when it is told.
        return this.#unanswered
          ? [this.#end('stopped', now, event.reason)]
          : [sendError(event.reason), this.#end('stopped', now, event.reason)];
    }
  }

  #onAck(block: number, now: number): Action[] {
    this.#unanswered = false;
    this.#heardAt = now;
    // The client counts as we do, but modulo 65536.
    const ahead = (block - this.#acknowledged) & 0xffff;
    if (ahead === 0) return this.#onSameAck(now);
    // A late or foreign one must not make us send: two of each would then fly to the end (the "Sorcerer's Apprentice", RFC 1123
    // section 4.2.3.1).
    if (this.#acknowledged + ahead > this.#sent) return [];
    const wasRecovering = this.#isRecovering;
    this.#acknowledged += ahead;
    if (!this.#repeated) this.#roundTrip.sample(now - this.#sentAt);
    if (this.#acknowledged === this.#blocks) return [this.#end('complete', now)];
    this.#waited = 0;
    this.#await(now);
    if (wasRecovering) {
      const more = this.#sendMore();
      if (this.#isRecovering) return more;
      this.#recoveredAt = this.#acknowledged;
      // What is under way now was sent once: its ACK tells the round trip again.
      this.#repeated = more.length === 0;
      return more;
    }
    // Within a window an ACK comes early only where a block is missing: what follows it is sent again.
    if (this.#acknowledged < this.#sent) return this.#repeat();
    this.#repeated = false;
    return this.#window();
  }

  /**
   * The client got another block than the one that follows (RFC 7440 section 4): that is sent again, once. In lock-step, and while blocks
   * that it had already may be under way, its word means nothing: to answer each would double everything to the end.
   */
  #onSameAck(now: number): Action[] {
    if (this.plan.windowSize === 1 || this.#acknowledged === -1) return [];
    if (this.#isRecovering || this.#recoveredAt === this.#acknowledged) return [];
    this.#await(now);
    return this.#repeat();
  }

  get #isRecovering(): boolean {
    return this.#acknowledged < this.#recoverTo;
  }

  /** The client has got further: what its window has room for now, and nothing twice. */
  #sendMore(): Action[] {
    const first = this.#sent + 1;
    this.#sent = Math.min(this.#acknowledged + this.plan.windowSize, this.#blocks);
    return this.#blocksFrom(first);
  }

  #onError(code: number, message: string, now: number): Action[] {
    this.#unanswered = false;
    const reason = message === '' ? `error ${code}` : `error ${code}: ${message}`;
    return [this.#end(this.#acknowledged === -1 ? 'aborted-at-options' : 'aborted-by-client', now, reason)];
  }

  #onSilence(now: number): Action[] {
    // Counted in waits, not by the clock, so that a clock that is set does not end every transfer.
    this.#waited += this.#wait;
    const patience = this.#unanswered ? Math.min(UNANSWERED_PATIENCE_MS, this.#patience) : this.#patience;
    if (this.#waited >= patience) {
      // Whoever missed one of them would have said so.
      const onlyLastAckMissing = !this.#unanswered && this.#sent === this.#blocks;
      return [this.#end(onlyLastAckMissing ? 'unconfirmed' : 'stalled', now)];
    }
    this.#roundTrip.backOff();
    this.#await(now);
    return this.#repeat();
  }

  #repeat(): Action[] {
    this.#repeated = true;
    this.#retransmissions++;
    const actions = this.#window();
    this.#recoverTo = this.#sent;
    return actions;
  }

  #await(now: number): void {
    this.#sentAt = now;
    this.#wait = this.#roundTrip.wait;
  }

  /** What the client should answer next. */
  #window(): Action[] {
    if (this.#acknowledged === -1) {
      this.#sent = 0;
      return [{ kind: 'send-oack' }];
    }
    this.#sent = Math.min(this.#acknowledged + this.plan.windowSize, this.#blocks);
    return this.#blocksFrom(this.#acknowledged + 1);
  }

  #blocksFrom(first: number): Action[] {
    const { blockSize, size } = this.plan;
    const actions: Action[] = [];
    for (let number = first; number <= this.#sent; number++) {
      const offset = (number - 1) * blockSize;
      const bytes = Math.min(blockSize, size - offset);
      actions.push({ kind: 'send-block', block: number & 0xffff, offset, bytes });
    }
    return actions;
  }

  #end(ending: Ending, now: number, reason = ''): Action {
    this.#ended = true;
    const bytes = Math.min(this.plan.size, Math.max(0, this.#acknowledged) * this.plan.blockSize);
    const result: TransferResult = {
      ending,
      bytes,
      ms: Math.max(0, now - this.startedAt),
      retransmissions: this.#retransmissions,
      unanswered: this.#unanswered,
      askedAgain: this.#askedAgain,
      reason,
    };
    return { kind: 'end', result };
  }
}

function sendError(message: string): Action {
  return { kind: 'send-error', code: ErrorCode.NotDefined, message };
}
