import type { TraceRecord } from './decision.js';

const KEPT = 50;

/** The last decisions that fogd could not carry out, oldest first. Pure. A flood of the same is one, with its count. */
export class Failures {
  #kept: TraceRecord[] = [];

  /** `record` as the ring gives it: a repeated one comes again with a higher count. */
  add(record: TraceRecord): void {
    if (record.outcome !== 'failed') return;
    const last = this.#kept.at(-1);
    const isRepeat = record.count > 1 && last?.at === record.at && last.event === record.event;
    this.#kept = [...(isRepeat ? this.#kept.slice(0, -1) : this.#kept), record].slice(-KEPT);
  }

  list(): readonly TraceRecord[] {
    return this.#kept;
  }
}
