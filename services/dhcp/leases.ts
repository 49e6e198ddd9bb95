import { type CompiledDhcp, type CompiledSubnet, subnetOf } from './compile.js';
import type { Lease } from './lease.js';
import { Pool, type PoolView } from './pool.js';

/** What a decision does to the lease table. Applied before the answer leaves, so that no address is promised twice. */
export type LeaseEffect =
  | {
      readonly kind: 'reserve';
      readonly subnet: CompiledSubnet;
      readonly address: number;
      readonly until: number;
    }
  | { readonly kind: 'forget'; readonly subnet: CompiledSubnet }
  | { readonly kind: 'bind'; readonly subnet: CompiledSubnet; readonly lease: Lease }
  | { readonly kind: 'release'; readonly subnet: CompiledSubnet }
  | { readonly kind: 'decline'; readonly subnet: CompiledSubnet; readonly lease: Lease };

/** What `decide` may ask about leases. */
export interface LeaseView {
  pool(subnet: CompiledSubnet): PoolView;
}

/** All leases in memory, one pool per subnet. Pure: persistence is the service's. */
export class LeaseTable implements LeaseView {
  readonly #pools = new Map<CompiledSubnet, Pool>();

  /** Leases of subnets that are configured no more are left alone: they stay in the store. */
  constructor(settings: CompiledDhcp, leases: readonly Lease[]) {
    for (const subnet of settings.subnets) this.#pools.set(subnet, new Pool(subnet));
    for (const lease of leases) {
      const subnet = subnetOf(settings, lease.address);
      if (subnet) this.pool(subnet).restore(lease);
    }
  }

  pool(subnet: CompiledSubnet): Pool {
    let pool = this.#pools.get(subnet);
    if (!pool) {
      pool = new Pool(subnet);
      this.#pools.set(subnet, pool);
    }
    return pool;
  }

  /** Does what was decided for a machine; returns the rows that must be durable before it is told. */
  apply(effect: LeaseEffect, machine: { readonly key: string; readonly mac: string }, now: number): Lease[] {
    const pool = this.pool(effect.subnet);
    switch (effect.kind) {
      case 'reserve':
        pool.reserve(machine.key, machine.mac, effect.address, effect.until);
        return [];
      case 'forget':
        pool.forget(machine.key);
        return [];
      case 'bind':
        return pool.bind(effect.lease);
      case 'release':
        return pool.release(machine.key, now);
      case 'decline':
        return pool.decline(effect.lease);
    }
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
