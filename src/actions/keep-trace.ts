import type { Clock } from '#daemon/clock.js';
import type { Logger } from '#daemon/log.js';
import { messageOf } from '#errors.js';
import type { Page } from '#store/page.js';
import type { Store } from '#store/store.js';
import type { TraceQuery, TraceRepository } from '#store/trace.js';
import type { Decision, Recorder, TraceRecord } from '#trace/decision.js';
import { Failures } from '#trace/failures.js';
import { TraceRing } from '#trace/ring.js';

const WRITE_EVERY_MS = 1_000;
/** Records written at once: everything else waits meanwhile, about a millisecond. */
const SLICE = 200;
const FORGET_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface KeepTraceOptions {
  readonly store: Store;
  readonly repository: TraceRepository;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepDays: number;
  /** Sees every decision, at once. */
  readonly onDecision?: (decision: Decision) => void;
  /** What else is kept for some days only. */
  readonly alsoForget?: ReadonlyArray<{
    readonly keepDays: number;
    readonly removeBefore: (at: number) => void;
  }>;
  /** Told of each record as it comes; repeats of a flood are not. */
  readonly onRecord?: (record: TraceRecord) => void;
}

/** Takes decisions from all services, logs them, and writes them to the store in batches, so that no answer waits for the trace. */
export class TraceKeeper implements Recorder {
  readonly #ring = new TraceRing();
  readonly #failures = new Failures();
  readonly #options: KeepTraceOptions;
  #cancel: () => void = () => undefined;
  #running = false;
  /** When the next batch is written, on the clock; undefined: none is due. */
  #writesAt: number | undefined;
  #writing = false;
  #forgetAt = 0;
  #reportedDrops = 0;

  constructor(options: KeepTraceOptions) {
    this.#options = options;
  }

  record(decision: Decision): void {
    this.#options.onDecision?.(decision);
    const record = this.#ring.add(decision, this.#options.clock.now());
    this.#failures.add(record);
    this.#writeLater(this.#ring.size < SLICE ? WRITE_EVERY_MS : 0);
    // A flood is one log line and one record with a count.
    if (record.count > 1) return;
    this.#options.onRecord?.(record);
    if (!this.#options.log.isLevelEnabled('info')) return;
    const { service, event, outcome, who, reasons, facts } = record;
    this.#options.log.info(
      { service, event, outcome, ...who, ...facts, ...(reasons.length > 0 ? { reasons } : {}) },
      'decision',
    );
  }

  /** Begins to write batches until `stop`. */
  start(): void {
    this.#running = true;
    // Also what was recorded before; and what is old is forgotten although nothing new comes.
    this.#writeLater(WRITE_EVERY_MS);
  }

  /** Nothing ticks while nothing happens. */
  #writeLater(milliseconds: number): void {
    const at = this.#options.clock.now() + milliseconds;
    if (!this.#running || this.#writing || (this.#writesAt !== undefined && this.#writesAt <= at)) return;
    this.#cancel();
    this.#writesAt = at;
    this.#cancel = this.#options.clock.after(milliseconds, () => {
      this.#writesAt = undefined;
      this.#writing = true;
      void this.flush().finally(() => {
        this.#writing = false;
        this.#writeLater(this.#ring.size > 0 ? WRITE_EVERY_MS : FORGET_EVERY_MS);
      });
    });
  }

  /** Writes what is waiting; a failure is logged and loses this batch of the trace, nothing else. */
  async flush(): Promise<void> {
    const { store, repository, clock, log, keepDays, alsoForget = [] } = this.#options;
    const batch = this.#ring.take();
    const forget = clock.now() >= this.#forgetAt;
    if (batch.length === 0 && !forget) return;
    try {
      for (let from = 0; from < batch.length; from += SLICE) {
        const slice = batch.slice(from, from + SLICE);
        await store.commitGrouped(() => repository.append(slice));
      }
      if (forget)
        await store.commit(() => {
          repository.removeBefore(clock.now() - keepDays * DAY_MS);
          for (const kept of alsoForget) kept.removeBefore(clock.now() - kept.keepDays * DAY_MS);
        });
      if (forget) this.#forgetAt = clock.now() + FORGET_EVERY_MS;
    } catch (error) {
      log.error({ lost: batch.length, reason: messageOf(error) }, 'the trace could not be written');
    }
    if (this.#ring.dropped > this.#reportedDrops) {
      log.warn(
        { lost: this.#ring.dropped - this.#reportedDrops },
        'trace records came faster than they could be written',
      );
      this.#reportedDrops = this.#ring.dropped;
    }
  }

  /** Everything known of one machine, the newest included. */
  async ofMac(mac: string, since: number, limit: number): Promise<TraceRecord[]> {
    await this.flush();
    return this.#options.repository.ofMac(mac, since, limit);
  }

  /** What could not be done lately, oldest first. */
  failures(): readonly TraceRecord[] {
    return this.#failures.list();
  }

  /** Records that were lost since the start. */
  get lost(): number {
    return this.#ring.dropped;
  }

  /** A page of all records, the newest included. */
  async list(query: TraceQuery): Promise<Page<TraceRecord>> {
    await this.flush();
    return this.#options.repository.page(query);
  }

  macOf(ip: string): string | undefined {
    return this.#ring.macOf(ip);
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel();
    await this.flush();
  }
}
