import type { SessionKind } from '#domain/session.js';
import { ACTIVE_STATES, stateName, type TaskState } from '#domain/task.js';
import type { Lease } from './leases.js';
import type { Store } from './store.js';

type Counts = Readonly<Record<string, number>>;

/** How many there are of each kind, zeros included. Reads only what an index or a short table holds: it is asked every few seconds. */
export class Census {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  hosts(): number {
    return this.#store.prepare('SELECT count(*) FROM hosts').pluck().get() as number;
  }

  /** Active ones; those that are over are only history. */
  tasks(): Counts {
    const rows = this.#pairs(
      'SELECT state, count(*) FROM tasks INDEXED BY tasks_state WHERE state < 4 GROUP BY state',
    );
    return Object.fromEntries(
      ACTIVE_STATES.map((state: TaskState) => [stateName(state), rows.get(state) ?? 0]),
    );
  }

  snapins(): Counts {
    const rows = this.#pairs(
      "SELECT CASE WHEN damage <> '' THEN 'damaged' WHEN enabled = 0 THEN 'disabled' ELSE 'whole' END AS kind, count(*) FROM snapins GROUP BY kind",
    );
    return Object.fromEntries(['whole', 'disabled', 'damaged'].map((kind) => [kind, rows.get(kind) ?? 0]));
  }

  /** Open ones; those that are over are only history. */
  snapinTasks(): Counts {
    const rows = this.#pairs(
      'SELECT state, count(*) FROM snapin_tasks INDEXED BY snapin_tasks_open WHERE state < 4 GROUP BY state',
    );
    return Object.fromEntries(
      ACTIVE_STATES.map((state: TaskState) => [stateName(state), rows.get(state) ?? 0]),
    );
  }

  sessions(): Counts {
    const kinds: readonly SessionKind[] = ['deploy', 'capture', 'recovery', 'plain'];
    const rows = this.#pairs(
      "SELECT kind, count(*) FROM boot_sessions WHERE state <> 'offered' AND state = 'open' GROUP BY kind",
    );
    return Object.fromEntries(kinds.map((kind) => [kind, rows.get(kind) ?? 0]));
  }

  leases(now: number): Counts {
    const states: ReadonlyArray<Lease['state'] | 'expired'> = ['bound', 'expired', 'released', 'declined'];
    const rows = this.#pairs(
      "SELECT CASE WHEN state = 'bound' AND expires_at <= ? THEN 'expired' ELSE state END AS kind, count(*) FROM dhcp_leases GROUP BY kind",
      now,
    );
    return Object.fromEntries(states.map((state) => [state, rows.get(state) ?? 0]));
  }

  #pairs(sql: string, ...values: readonly number[]): Map<unknown, number> {
    return new Map(
      this.#store
        .prepare(sql)
        .raw()
        .all(...values) as Array<[unknown, number]>,
    );
  }
}
