import type { Clock } from '#daemon/clock.js';
import { type HostMatch, matchHost } from '#domain/match-host.js';
import type { Settings } from '#settings/schema.js';
import type { CounterRepository } from '#store/counters.js';
import type { HostRepository } from '#store/hosts.js';
import type { InventoryRepository } from '#store/inventory.js';
import type { Store } from '#store/store.js';
import type { TaskRepository } from '#store/tasks.js';

/** What actions work on; made once by `main.ts`. */
export interface Context {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: Store;
  readonly hosts: HostRepository;
  readonly inventory: InventoryRepository;
  readonly tasks: TaskRepository;
  readonly counters: CounterRepository;
}

/** The host of a machine that gives these MACs. */
export function hostOf(context: Context, macs: readonly string[]): HostMatch {
  return matchHost(context.hosts.byMacs(macs), macs);
}
