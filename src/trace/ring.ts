import { RecentMap } from '#recent-map.js';
import type { Decision, Party, TraceRecord } from './decision.js';

/** Repeats of the same decision within this time become one record with a count. */
const MERGE_MS = 5_000;
/** Records kept in memory between two writes; beyond it the oldest are dropped and counted. */
const RING_SIZE = 10_000;
/** Addresses whose MAC is remembered, so that TFTP and plain GETs join the story of their machine. */
const KNOWN_ADDRESSES = 20_000;
/** Kinds of event that are worth a line each, however alike: the story counts on them. */
const MERGEABLE = new Set<Decision['outcome']>(['ignored', 'refused', 'failed']);

/**
 * The bounded ring between the services and the store. Pure: the time is an argument, and a caller takes the batches away.
 * It also learns which address belongs to which MAC from decisions that name both.
 */
export class TraceRing {
  #records: TraceRecord[] = [];
  /** So many of them, from the front, are dropped: taking each out of the array would move all the others. */
  #gone = 0;
  readonly #open = new Map<string, number>();
  readonly #macOf = new RecentMap<string, string>(KNOWN_ADDRESSES);
  #taken = 0;
  #dropped = 0;

  /** Returns the record as it will be stored, with the MAC filled in where the address tells it. */
  add(decision: Decision, at: number): TraceRecord {
    const who = this.#identify(decision);
    const key = MERGEABLE.has(decision.outcome) ? keyOf(decision, who) : undefined;
    const position = key === undefined ? undefined : this.#open.get(key);
    const index = position === undefined ? -1 : position - this.#taken;
    const previous = index < this.#gone ? undefined : this.#records[index];
    if (previous && at - previous.last < MERGE_MS) {
      const merged = { ...previous, last: at, count: previous.count + 1 };
      this.#records[index] = merged;
      return merged;
    }
    const { service, event, outcome, reasons, facts } = decision;
    // Written out: every packet makes one, and copies by spread take several times as long.
    const record: TraceRecord =
      facts === undefined
        ? { service, event, outcome, who, reasons, at, last: at, count: 1 }
        : { service, event, outcome, who, reasons, facts, at, last: at, count: 1 };
    if (this.#records.length - this.#gone >= RING_SIZE) {
      this.#gone++;
      this.#dropped++;
      if (this.#gone === RING_SIZE) this.#forgetGone();
      // Keys of dropped records would pile up until the next batch is taken, however late that is on a slow disk.
      if (this.#open.size >= 2 * RING_SIZE) this.#open.clear();
    }
    this.#records.push(record);
    if (key !== undefined) this.#open.set(key, this.#taken + this.#records.length - 1);
    return record;
  }

  /** Hands over everything that was added since the last time, oldest first. */
  take(): TraceRecord[] {
    this.#forgetGone();
    const batch = this.#records;
    this.#taken += batch.length;
    this.#records = [];
    this.#open.clear();
    return batch;
  }

  #forgetGone(): void {
    if (this.#gone === 0) return;
    this.#records = this.#records.slice(this.#gone);
    this.#taken += this.#gone;
    this.#gone = 0;
  }

  /** Records that wait to be taken. */
  get size(): number {
    return this.#records.length - this.#gone;
  }

  /** Records lost because they came faster than they could be written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The MAC last seen behind an address. */
  macOf(ip: string): string | undefined {
    return this.#macOf.get(ip);
  }

  #identify({ who, facts }: Decision): Party {
    const address = typeof facts?.address === 'string' ? facts.address : undefined;
    if (who.mac !== undefined) {
      for (const ip of [who.ip, address])
        if (ip !== undefined && ip !== '0.0.0.0') this.#macOf.set(ip, who.mac);
      return who;
    }
    const mac = who.ip === undefined ? undefined : this.#macOf.get(who.ip);
    return mac === undefined ? who : { ...who, mac };
  }
}

/** What makes two decisions the same. */
function keyOf({ service, event, outcome, facts, reasons }: Decision, who: Party): string {
  return JSON.stringify([service, event, outcome, who.mac ?? who.ip, facts?.address, reasons]);
}
