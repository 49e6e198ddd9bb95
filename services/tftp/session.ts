import type { Clock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';
import type { Guest } from './admission.js';
import type { Source } from './library.js';
import { encode, type Malformed, type Packet, writeData } from './packet.js';
import type { Endpoint, Peer } from './sockets.js';
import { type Action, type Plan, Transfer, type TransferEvent, type TransferResult } from './transfer.js';

type Block = Extract<Action, { readonly kind: 'send-block' }>;

/** Opcode and number. */
const DATA_HEAD = 4;
/** Where the packets of a window are written before they are sent, one behind the other: sending has read them when it returns. */
const outgoing = Buffer.allocUnsafeSlow(65_536);

/** One request from its arrival to its end: waits for its file, then drives the transfer between socket, file and clock. */
export class Session implements Guest {
  #transfer: Transfer | undefined;
  #endpoint: Endpoint | undefined;
  #source: Source | undefined;
  #cancelTimer: (() => void) | undefined;
  #file = '';
  #timerDue = 0;
  /** Blocks that wait for the first of them to be read from disk: a window goes out in its order. */
  #waiting: Block[] = [];
  #reading: Block | undefined;
  /** Set when it ended before the file was open. */
  #cancelled: string | undefined;
  #ended = false;

  constructor(
    readonly peer: Peer,
    /** The whole request, to know a copy of it. */
    readonly fingerprint: string,
    private readonly clock: Clock,
    private readonly hooks: {
      /** The client has shown that it receives. */
      answered(session: Session): void;
      ended(session: Session, plan: Plan, result: TransferResult): void;
    },
  ) {}

  /** Plain name of what is sent. */
  get file(): string {
    return this.#file;
  }

  get endpoint(): Endpoint | undefined {
    return this.#endpoint;
  }

  /** Why it may not start any more, when it was ended while its file was being opened. */
  get cancelled(): string | undefined {
    return this.#cancelled;
  }

  /** Takes the source over: it is closed at the end. */
  start(endpoint: Endpoint, file: string, source: Source, plan: Plan): void {
    this.#file = file;
    const now = this.clock.now();
    this.#endpoint = endpoint;
    this.#source = source;
    this.#transfer = new Transfer(plan, now);
    this.#perform(this.#transfer.start(now));
  }

  receive(packet: Packet | Malformed): void {
    // A client has nothing else to say; DATA, OACK or rubbish with its address does not disturb the transfer.
    if (packet.kind === 'ack' || packet.kind === 'error') this.#handle(packet);
  }

  /** A request from the same address and port. True when it is a copy of this one and was dealt with. */
  takeCopy(fingerprint: string): boolean {
    if (fingerprint !== this.fingerprint) return false;
    if (!this.#transfer) return this.#cancelled === undefined;
    if (!this.#transfer.isCopy(this.clock.now())) return false;
    this.#handle({ kind: 'asked-again' });
    return true;
  }

  restart(): void {
    if (this.#transfer) this.#handle({ kind: 'restarted' });
    else this.#cancelled ??= 'the client began again from the same port';
  }

  stop(reason: string): void {
    if (this.#transfer) this.#handle({ kind: 'stop', reason });
    else this.#cancelled ??= reason;
  }

  evict(): void {
    this.stop('made way for another: too many requests at once that nobody answered');
  }

  #handle(event: TransferEvent): void {
    const transfer = this.#transfer;
    if (!transfer || this.#ended) return;
    const wasUnanswered = transfer.unanswered;
    const actions = transfer.on(event, this.clock.now());
    if (wasUnanswered && !transfer.unanswered) this.hooks.answered(this);
    this.#perform(actions);
  }

  #perform(actions: readonly Action[]): void {
    const blocks: Block[] = [];
    for (const action of actions) {
      switch (action.kind) {
        case 'send-block':
          blocks.push(action);
          break;
        case 'send-oack':
          this.#send(encode({ kind: 'oack', options: this.#transfer?.plan.granted ?? [] }));
          break;
        case 'send-error':
          this.#send(encode({ ...action, kind: 'error' }));
          break;
        case 'end':
          this.#end(action.result);
          return;
      }
    }
    if (blocks.length > 0) this.#await(blocks);
    this.#sendBlocks();
    this.#armTimer();
  }

  #send(bytes: Buffer): void {
    this.#endpoint?.send(bytes, this.peer);
  }

  /** What is sent from here on is what the client waits for now. */
  #await(blocks: Block[]): void {
    this.#waiting = blocks;
    // A repeat of a block that is still on its way from the disk adds nothing.
    if (this.#reading?.offset === blocks[0]?.offset) this.#waiting.shift();
    else this.#reading = undefined;
  }

  #sendBlocks(): void {
    const source = this.#source;
    // A read that is under way sends what waits when it is done.
    if (!source || this.#reading) return;
    let filled = 0;
    let longest = 0;
    const flush = () => {
      if (filled > 0) this.#endpoint?.sendAll(outgoing.subarray(0, filled), longest, this.peer);
      filled = 0;
      longest = 0;
    };
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const data = source.cached(next.offset, next.bytes);
      if (!data) {
        flush();
        this.#read(source, next);
        return;
      }
      if (filled + DATA_HEAD + data.length > outgoing.length) flush();
      longest ||= DATA_HEAD + data.length;
      filled = writeData(outgoing, filled, next.block, data);
    }
    flush();
  }

  #read(source: Source, block: Block): void {
    this.#reading = block;
    source.read(block.offset, block.bytes).then(
      (data) => {
        if (this.#ended || this.#reading !== block) return;
        this.#reading = undefined;
        this.#send(encode({ kind: 'data', block: block.block, data }));
        this.#sendBlocks();
      },
      (error: unknown) => this.#handle({ kind: 'source-failed', reason: messageOf(error) }),
    );
  }

  /**
   * One timer for the whole transfer: an answer only moves the deadline, and a timer that fires too early is set again. A timer for each
   * block would cost more than the block.
   */
  #armTimer(): void {
    const due = this.#transfer?.deadline ?? 0;
    if (this.#cancelTimer && this.#timerDue <= due) return;
    this.#cancelTimer?.();
    this.#timerDue = due;
    this.#cancelTimer = this.clock.after(Math.max(0, due - this.clock.now()), () => {
      this.#cancelTimer = undefined;
      this.#handle({ kind: 'time' });
    });
  }

  #end(result: TransferResult): void {
    this.#ended = true;
    this.#cancelTimer?.();
    this.#source?.close();
    this.#source = undefined;
    if (this.#transfer) this.hooks.ended(this, this.#transfer.plan, result);
  }
}
