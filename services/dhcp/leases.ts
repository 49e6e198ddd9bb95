import { RecentMap } from '#recent-map.js';
import { type CompiledDhcp, type CompiledNetwork, networkOf } from './compile.js';
import type { Lease } from './lease.js';
import { Pool, type PoolView } from './pool.js';

/** What a decision does to the lease table. Applied before the answer leaves, so that no address is promised twice. */
export type LeaseEffect =
  | {
      readonly kind: 'reserve';
      readonly network: CompiledNetwork;
      readonly address: number;
      readonly until: number;
    }
  | { readonly kind: 'forget'; readonly network: CompiledNetwork }
  | { readonly kind: 'bind'; readonly network: CompiledNetwork; readonly lease: Lease }
  | { readonly kind: 'release'; readonly network: CompiledNetwork }
  | { readonly kind: 'decline'; readonly network: CompiledNetwork; readonly lease: Lease };

/** What `decide` may ask about leases. */
export interface LeaseView {
  pool(network: CompiledNetwork): PoolView;
}

/** Machines with an offer that are remembered by MAC, whatever number of them is invented. */
const ASKING = 20_000;

/** All leases in memory, one pool per network. Pure: persistence is the service's. */
export class LeaseTable implements LeaseView {
  readonly #pools = new Map<CompiledNetwork, Pool>();
  /** MACs that ever had a lease. */
  readonly #macs = new Set<string>();
  /** Until when each machine that was offered an address may ask for it. */
  readonly #asked = new RecentMap<string, number>(ASKING);

  /** Leases of subnets that are configured no more are left alone: they stay in the store. */
  constructor(settings: CompiledDhcp, leases: readonly Lease[]) {
    for (const network of settings.networks) this.#pools.set(network, new Pool(network));
    for (const lease of leases) {
      const network = networkOf(settings, lease.address);
      if (network) this.pool(network).restore(lease);
      this.#macs.add(lease.mac);
    }
  }

  pool(network: CompiledNetwork): Pool {
    let pool = this.#pools.get(network);
    if (!pool) {
      pool = new Pool(network);
      this.#pools.set(network, pool);
    }
    return pool;
  }

  /** Does what was decided for a machine; returns the rows that must be durable before it is told. */
  apply(effect: LeaseEffect, machine: { readonly key: string; readonly mac: string }, now: number): Lease[] {
    const pool = this.pool(effect.network);
    switch (effect.kind) {
      case 'reserve':
        this.#asked.set(machine.mac, effect.until);
        pool.reserve(machine.key, machine.mac, effect.address, effect.until, now);
        return [];
      case 'forget':
        pool.forget(machine.key);
        return [];
      case 'bind':
        this.#macs.add(effect.lease.mac);
        return pool.bind(effect.lease);
      case 'release':
        return pool.release(machine.key, now);
      case 'decline':
        return pool.decline(effect.lease);
    }
  }

  /** Whether the machine ever had a lease, or has an offer now. */
  knows(mac: string, now: number): boolean {
    return this.#macs.has(mac) || (this.#asked.get(mac) ?? 0) > now;
  }

  /** An admin's word; the rows that must be durable. */
  releaseAddress(address: number, now: number): Lease[] {
    for (const pool of this.#pools.values()) {
      const changed = pool.releaseAddress(address, now);
      if (changed.length > 0) return changed;
    }
    return [];
  }

  counts(now: number): { readonly size: number; readonly leased: number; readonly offered: number } {
    const sum = { size: 0, leased: 0, offered: 0 };
    for (const pool of this.#pools.values()) {
      const { size, leased, offered } = pool.counts(now);
      sum.size += size;
      sum.leased += leased;
      sum.offered += offered;
    }
    return sum;
  }
}
