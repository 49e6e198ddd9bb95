import type { ClientPowerAction, PowerAction, PowerPlan } from '#domain/power-plan.js';
import type { Store } from './store.js';

/** What a client is to do at its next poll. */
export interface PowerOrder {
  readonly action: ClientPowerAction;
  /** Nobody means it any more then; milliseconds since the epoch. */
  readonly until: number;
}

/** When hosts are shut down, restarted and woken. Methods that write must run inside `store.commit`. */
export class PowerRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Of one host, or of all; in the order in which they were made. */
  plans(hostId?: number): PowerPlan[] {
    const where = hostId === undefined ? '' : 'WHERE host_id = ?';
    return this.#store
      .prepare(`SELECT id, host_id AS hostId, action, cron FROM power_plans ${where} ORDER BY id`)
      .all(...(hostId === undefined ? [] : [hostId])) as PowerPlan[];
  }

  /** Times at which fogd itself wakes hosts. */
  wakeTimes(): string[] {
    return this.#store
      .prepare("SELECT DISTINCT cron FROM power_plans WHERE action = 'wol'")
      .pluck()
      .all() as string[];
  }

  /** Numbers of the hosts that it wakes then. */
  wakesAt(cron: string): number[] {
    return this.#store
      .prepare("SELECT host_id FROM power_plans WHERE action = 'wol' AND cron = ?")
      .pluck()
      .all(cron) as number[];
  }

  add(hostId: number, action: PowerAction, cron: string): number {
    return Number(
      this.#store
        .prepare('INSERT INTO power_plans (host_id, action, cron) VALUES (?, ?, ?)')
        .run(hostId, action, cron).lastInsertRowid,
    );
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM power_plans WHERE id = ?').run(id);
  }

  order(hostId: number): PowerOrder | undefined {
    return this.#store.prepare('SELECT action, until FROM power_orders WHERE host_id = ?').get(hostId) as
      | PowerOrder
      | undefined;
  }

  /** In place of the one before. */
  giveOrder(hostId: number, { action, until }: PowerOrder): void {
    this.#store
      .prepare('INSERT OR REPLACE INTO power_orders (host_id, action, until) VALUES (?, ?, ?)')
      .run(hostId, action, until);
  }

  dropOrder(hostId: number): void {
    this.#store.prepare('DELETE FROM power_orders WHERE host_id = ?').run(hostId);
  }
}
