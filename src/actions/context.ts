import type { Clock } from '#daemon/clock.js';
import { type HostMatch, matchHost } from '#domain/match-host.js';
import type { Settings } from '#settings/schema.js';
import { CounterRepository } from '#store/counters.js';
import { HostRepository } from '#store/hosts.js';
import { InventoryRepository } from '#store/inventory.js';
import type { Store } from '#store/store.js';
import { TaskRepository } from '#store/tasks.js';

/** What actions work on. */
export interface Context {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: Store;
  readonly hosts: HostRepository;
  readonly inventory: InventoryRepository;
  readonly tasks: TaskRepository;
  readonly counters: CounterRepository;
}

/** Made once by `main.ts`, and by tests. */
export function createContext(settings: Settings, clock: Clock, store: Store): Context {
  return {
    settings,
    clock,
    store,
    hosts: new HostRepository(store),
    inventory: new InventoryRepository(store),
    tasks: new TaskRepository(store),
    counters: new CounterRepository(store),
  };
}

/** The host of a machine that gives these MACs. */
export function hostOf(context: Context, macs: readonly string[]): HostMatch {
  return matchHost(context.hosts.byMacs(macs), macs);
}
