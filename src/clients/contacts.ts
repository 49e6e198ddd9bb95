import { RecentMap } from '#recent-map.js';
import { SAME_CYCLE_MS } from './cycle.js';

/** The last that was heard of a client, and what it was told. */
export interface LastPoll {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly address: string;
  /** What its behaviour says of its version; empty while it said nothing. */
  readonly line: string;
  /** JSON, without secrets; undefined until it was told something by this process. */
  readonly told?: string;
}

/** A handshake that was refused. */
export interface Refusal {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly address: string;
  /** For people. */
  readonly reason: string;
}

const ADDRESSES = 20_000;

/**
 * The polls of all clients, by the number of their host. In memory: they come by the hundred in a second, and a keeper writes them down
 * from time to time.
 */
export class ClientContacts {
  readonly #polls = new Map<number, LastPoll>();
  readonly #unwritten = new Set<number>();
  readonly #refusals = new Map<number, Refusal>();
  readonly #configured = new RecentMap<string, number>(ADDRESSES);

  get(hostId: number): LastPoll | undefined {
    return this.#polls.get(hostId);
  }

  note(hostId: number, { at, address, told: now }: Omit<LastPoll, 'line'>): void {
    const before = this.#polls.get(hostId);
    const line = this.#line(address, at) ?? before?.line ?? '';
    const told = now ?? before?.told;
    this.#polls.set(hostId, told === undefined ? { at, address, line } : { at, address, line, told });
    this.#unwritten.add(hostId);
  }

  /** The last handshake as this host, where that was refused. */
  refusal(hostId: number): Refusal | undefined {
    return this.#refusals.get(hostId);
  }

  refused(hostId: number, refusal: Refusal): void {
    this.#refusals.set(hostId, refusal);
  }

  accepted(hostId: number): void {
    this.#refusals.delete(hostId);
  }

  /** Somebody at this address asked for the general settings; that call names no host. */
  configured(address: string, at: number): void {
    this.#configured.set(address, at);
  }

  forget(hostId: number): void {
    this.#polls.delete(hostId);
    this.#unwritten.delete(hostId);
    this.#refusals.delete(hostId);
  }

  /** What changed since the last time. */
  take(): Array<readonly [hostId: number, poll: LastPoll]> {
    const changed = [...this.#unwritten].flatMap((hostId) => {
      const poll = this.#polls.get(hostId);
      return poll ? [[hostId, poll] as const] : [];
    });
    this.#unwritten.clear();
    return changed;
  }

  /** No call names the version (spec client-protocol 10.1), but their order changed with 0.11.6 (3.3). */
  #line(address: string, now: number): string | undefined {
    const at = this.#configured.get(address);
    if (at === undefined) return undefined;
    // It says something of one poll: the same one comes again later, after a handshake.
    this.#configured.delete(address);
    return now - at < SAME_CYCLE_MS ? '0.11.6 or newer' : 'older than 0.11.6';
  }
}
