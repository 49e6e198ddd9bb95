import type { ReportedInventory } from '#domain/inventory.js';
import type { Store } from './store.js';

export interface Inventory {
  readonly updatedAt: number;
  /** Typed by people at registration; a later report of the machine leaves them alone. */
  readonly primaryUser: string;
  readonly other1: string;
  readonly other2: string;
  readonly reported: ReportedInventory;
}

export type TypedInventory = Pick<Inventory, 'primaryUser' | 'other1' | 'other2'>;

/** A machine that reports something else each time must not fill the disk. */
const KEPT_REPORTS = 20;

/** One inventory per host. Methods that write must run inside `store.commit`. */
export class InventoryRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(hostId: number): Inventory | undefined {
    const row = this.#store.prepare('SELECT * FROM inventory WHERE host_id = ?').get(hostId) as
      | { updated_at: number; primary_user: string; other1: string; other2: string; reported: string }
      | undefined;
    return (
      row && {
        updatedAt: row.updated_at,
        primaryUser: row.primary_user,
        other1: row.other1,
        other2: row.other2,
        reported: JSON.parse(row.reported) as ReportedInventory,
      }
    );
  }

  /** What was reported before is kept when it differs. */
  saveReported(hostId: number, reported: ReportedInventory, at: number): void {
    const before = this.get(hostId);
    const isChanged = before !== undefined && JSON.stringify(before.reported) !== JSON.stringify(reported);
    if (isChanged && Object.keys(before.reported).length > 0) {
      this.#store
        .prepare('INSERT INTO inventory_history (host_id, until, reported) VALUES (?, ?, ?)')
        .run(hostId, at, JSON.stringify(before.reported));
      this.#store
        .prepare(
          'DELETE FROM inventory_history WHERE host_id = ? AND id NOT IN (SELECT id FROM inventory_history WHERE host_id = ? ORDER BY id DESC LIMIT ?)',
        )
        .run(hostId, hostId, KEPT_REPORTS);
    }
    this.#store
      .prepare(
        `INSERT INTO inventory (host_id, updated_at, reported) VALUES (?, ?, ?)
         ON CONFLICT (host_id) DO UPDATE SET updated_at = excluded.updated_at, reported = excluded.reported`,
      )
      .run(hostId, at, JSON.stringify(reported));
  }

  /** Earlier reports, newest first, each with the time until which it held. */
  history(hostId: number): ReadonlyArray<{ readonly until: number; readonly reported: ReportedInventory }> {
    const rows = this.#store
      .prepare('SELECT until, reported FROM inventory_history WHERE host_id = ? ORDER BY id DESC')
      .all(hostId) as Array<{ until: number; reported: string }>;
    return rows.map(({ until, reported }) => ({
      until,
      reported: JSON.parse(reported) as ReportedInventory,
    }));
  }

  saveTyped(hostId: number, typed: TypedInventory, at: number): void {
    this.#store
      .prepare(
        `INSERT INTO inventory (host_id, updated_at, primary_user, other1, other2) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (host_id) DO UPDATE SET primary_user = excluded.primary_user, other1 = excluded.other1, other2 = excluded.other2`,
      )
      .run(hostId, at, typed.primaryUser, typed.other1, typed.other2);
  }
}
