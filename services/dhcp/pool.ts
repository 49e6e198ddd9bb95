import { type AddressRange, sizeOf } from './address-ranges.js';
import { type CompiledNetwork, isLeasable } from './compile.js';
import { type Lease, leaseKey } from './lease.js';

/** An address that was offered and not yet asked for; in memory only. */
interface Offer {
  readonly key: string;
  readonly mac: string;
  readonly until: number;
  /** Made to a machine never seen before, when too many of those had one: whoever needs the address may have it. */
  readonly hasLapsed: boolean;
}

/** Who has an address now. `mac` of a declined one is the machine that found it in use. */
export interface Holder {
  readonly kind: 'lease' | 'offer' | 'declined';
  readonly key: string;
  readonly mac: string;
  readonly until: number;
}

/** What `decide` may ask about the addresses of one network. */
export interface PoolView {
  /** The address for this machine: its own again, else the one it wants, else a never used one, else the oldest expired. */
  choose(key: string, wanted: number | undefined, now: number): number | undefined;
  /** The live holder of an address: lease, offer or conflict. */
  holder(address: number, now: number): Holder | undefined;
  /** The machine's lease in this network, live or not. */
  leaseOf(key: string): Lease | undefined;
  /** Whether nobody ever had the address, as far as is known. */
  isFresh(address: number): boolean;
}

/** The addresses of one network: leases by address and by machine, and the offers that are out. Pure: time is an argument. */
export class Pool implements PoolView {
  /** In the order of granting, so that the first one that is free is the one unused for longest. */
  readonly #leases = new Map<number, Lease>();
  readonly #byKey = new Map<string, Lease>();
  /** In the order of `until`: every offer lasts equally long. */
  readonly #offers = new Map<number, Offer>();
  readonly #offerByKey = new Map<string, number>();
  /** Addresses offered to machines never seen before that have not lapsed, oldest first. */
  readonly #strangers = new Set<number>();
  /** Lapsed ones, oldest first. */
  readonly #lapsed = new Set<number>();
  readonly #size: number;
  #live = { count: 0, countedAt: Number.NEGATIVE_INFINITY };
  /** Addresses with neither lease nor offer: spares a full pool the search for one. */
  #fresh: number;
  /** No old lease becomes free before this: spares a full pool a walk over all leases for each DISCOVER of a flood. */
  #nothingFreeBefore = 0;

  constructor(readonly network: CompiledNetwork) {
    this.#size = sizeOf(network.leasable);
    this.#fresh = this.#size;
  }

  /** Takes a lease as it is, at start; to be called in the order of granting. */
  restore(lease: Lease): void {
    this.#put(lease);
  }

  choose(key: string, wanted: number | undefined, now: number): number | undefined {
    this.#dropOldOffers(now);
    const mine = (address: number | undefined) =>
      address !== undefined && this.#usable(address, key, now) ? address : undefined;
    return (
      mine(this.#offerByKey.get(key)) ??
      mine(this.#byKey.get(key)?.address) ??
      mine(wanted) ??
      this.#neverUsed(key) ??
      this.#longestFree(now) ??
      this.#oldestLapsed(now)
    );
  }

  holder(address: number, now: number): Holder | undefined {
    const lease = this.#leases.get(address);
    // Released is free, also when the clock was set back since.
    if (lease !== undefined && lease.expiresAt > now && lease.state !== 'released') {
      const kind = lease.state === 'declined' ? 'declined' : 'lease';
      return { kind, key: leaseKey(lease), mac: lease.mac, until: lease.expiresAt };
    }
    const offer = this.#offers.get(address);
    const isHeld = offer !== undefined && offer.until > now && !offer.hasLapsed;
    return isHeld ? { kind: 'offer', key: offer.key, mac: offer.mac, until: offer.until } : undefined;
  }

  isFresh(address: number): boolean {
    return !this.#leases.has(address);
  }

  leaseOf(key: string): Lease | undefined {
    return this.#byKey.get(key);
  }

  /** Holds an address for the machine it was offered to; an earlier offer to it lapses. */
  reserve(key: string, mac: string, address: number, until: number, now: number): void {
    this.forget(key);
    this.#dropOffer(address);
    if (!this.#leases.has(address) && isLeasable(this.network, address)) this.#fresh -= 1;
    this.#offers.set(address, { key, mac, until, hasLapsed: false });
    this.#offerByKey.set(key, address);
    if (this.#byKey.has(key) || !isLeasable(this.network, address)) return;
    this.#strangers.add(address);
    this.#limitStrangers(now);
  }

  /** The machine took another server's offer. */
  forget(key: string): void {
    const address = this.#offerByKey.get(key);
    if (address !== undefined) this.#dropOffer(address);
  }

  /** Grants a lease. Returns the rows that changed: the new one, and the machine's former one where it had another address. */
  bind(lease: Lease): Lease[] {
    const key = leaseKey(lease);
    const former = this.#byKey.get(key);
    const changed: Lease[] = [];
    if (former !== undefined && former.address !== lease.address) {
      const freed: Lease = {
        ...former,
        state: 'released',
        expiresAt: Math.min(former.expiresAt, lease.grantedAt),
      };
      this.#put(freed);
      changed.push(freed);
    }
    this.forget(key);
    this.#dropOffer(lease.address);
    this.#put(lease);
    changed.push(lease);
    return changed;
  }

  /** Takes an address out of a machine's hands; the row that changed. */
  releaseAddress(address: number, now: number): Lease[] {
    const lease = this.#leases.get(address);
    return lease === undefined || lease.state === 'released' ? [] : this.#free(lease, now);
  }

  /** Gives a lease back; the row that changed. */
  release(key: string, now: number): Lease[] {
    const lease = this.#byKey.get(key);
    return lease === undefined ? [] : this.#free(lease, now);
  }

  #free(lease: Lease, now: number): Lease[] {
    const freed: Lease = { ...lease, state: 'released', expiresAt: Math.min(lease.expiresAt, now) };
    this.#put(freed);
    return [freed];
  }

  /** Sets an address aside that a machine found in use by something else. */
  decline(lease: Lease): Lease[] {
    this.#dropOffer(lease.address);
    this.#put(lease);
    return [lease];
  }

  /** Figures for the status line; walks over the leases. */
  counts(now: number): { readonly size: number; readonly leased: number; readonly offered: number } {
    this.#dropOldOffers(now);
    return { size: this.#size, leased: this.#countLive(now), offered: this.#offers.size - this.#lapsed.size };
  }

  /** To be asked after `#dropOldOffers`. */
  #usable(address: number, key: string, now: number): boolean {
    if (!isLeasable(this.network, address)) return false;
    const holder = this.holder(address, now);
    const offer = this.#offers.get(address);
    return (
      (holder === undefined || (holder.key === key && holder.kind !== 'declined')) &&
      (offer === undefined || offer.key === key || offer.hasLapsed)
    );
  }

  /** Starts at a place that follows from the machine, so that even a lost store gives most machines their old address. */
  #neverUsed(key: string): number | undefined {
    if (this.#fresh <= 0) return undefined;
    const start = hash(key) % this.#size;
    for (let step = 0; step < this.#size; step++) {
      const address = nth(this.network.leasable, (start + step) % this.#size);
      if (!this.#leases.has(address) && !this.#offers.has(address)) return address;
    }
    return undefined;
  }

  #longestFree(now: number): number | undefined {
    if (now < this.#nothingFreeBefore) return undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const lease of this.#leases.values()) {
      if (!isLeasable(this.network, lease.address)) continue;
      const freeAt = Math.max(
        lease.state === 'released' ? 0 : lease.expiresAt,
        this.#offers.get(lease.address)?.until ?? 0,
      );
      if (freeAt <= now) return lease.address;
      next = Math.min(next, freeAt);
    }
    this.#nothingFreeBefore = next;
    return undefined;
  }

  /** Only when there is nothing else: until then its machine may still come back for it. */
  #oldestLapsed(now: number): number | undefined {
    for (const address of this.#lapsed) if (this.holder(address, now) === undefined) return address;
    return undefined;
  }

  /** Machines never seen before hold at most half of what is free, so that a flood of them leaves the rest to others. */
  #limitStrangers(now: number): void {
    // A walk over all leases: once in a second will do.
    if (now - this.#live.countedAt >= 1000 || now < this.#live.countedAt)
      this.#live = { count: this.#countLive(now), countedAt: now };
    const limit = Math.max(1, Math.floor((this.#size - this.#live.count) / 2));
    for (const address of this.#strangers) {
      if (this.#strangers.size <= limit) return;
      const offer = this.#offers.get(address);
      this.#strangers.delete(address);
      if (offer === undefined) continue;
      this.#offers.set(address, { ...offer, hasLapsed: true });
      this.#lapsed.add(address);
    }
  }

  #countLive(now: number): number {
    let live = 0;
    for (const { state, expiresAt } of this.#leases.values()) {
      if (state === 'bound' && expiresAt > now) live += 1;
    }
    return live;
  }

  #put(lease: Lease): void {
    const old = this.#leases.get(lease.address);
    if (old === undefined) {
      if (!this.#offers.has(lease.address) && isLeasable(this.network, lease.address)) this.#fresh -= 1;
    } else if (this.#byKey.get(leaseKey(old)) === old) {
      this.#byKey.delete(leaseKey(old));
    }
    this.#leases.delete(lease.address);
    this.#leases.set(lease.address, lease);
    // The conflicting address is no longer the machine's: it must get another one.
    if (lease.state !== 'declined') this.#byKey.set(leaseKey(lease), lease);
    this.#nothingFreeBefore = 0;
  }

  #dropOffer(address: number): void {
    const offer = this.#offers.get(address);
    if (offer === undefined) return;
    this.#offers.delete(address);
    this.#strangers.delete(address);
    this.#lapsed.delete(address);
    this.#offerByKey.delete(offer.key);
    if (!this.#leases.has(address) && isLeasable(this.network, address)) this.#fresh += 1;
    this.#nothingFreeBefore = 0;
  }

  #dropOldOffers(now: number): void {
    for (const [address, offer] of this.#offers) {
      if (offer.until > now) return;
      this.#dropOffer(address);
    }
  }
}

/** The address at a place in ranges taken as one list. */
function nth(ranges: readonly AddressRange[], index: number): number {
  let left = index;
  for (const { first, last } of ranges) {
    if (left <= last - first) return first + left;
    left -= last - first + 1;
  }
  return 0;
}

/** FNV-1a, 32 bits: spreads MACs of one delivery, which differ in the last digits only, over the range. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
