import { FIRST_OWN_ENTRY, FOG_ENTRIES, type MenuAction, type MenuEntry, type ShownTo } from '#domain/menu.js';
import type { Store } from './store.js';

interface MenuRow {
  id: number;
  name: string;
  description: string;
  shown_to: ShownTo;
  action: MenuAction;
  argument: string;
  hot_key: string;
  is_default: number;
  enabled: number;
}

/** The boot menu: FOG's entries unless a row says otherwise, and own ones. Methods that write must run inside `store.commit`. */
export class MenuRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** In the order of the menu. */
  list(): MenuEntry[] {
    const rows = (this.#store.prepare('SELECT * FROM menu_entries ORDER BY id').all() as MenuRow[]).map(
      entry,
    );
    const changed = new Set(rows.map(({ id }) => id));
    const entries = [...FOG_ENTRIES.filter(({ id }) => !changed.has(id)), ...rows].sort(
      (a, b) => a.id - b.id,
    );
    // One default: an own one goes before FOG's.
    const [own] = rows.filter(({ isDefault, enabled }) => isDefault && enabled);
    return own ? entries.map((one) => ({ ...one, isDefault: one.id === own.id })) : entries;
  }

  byName(name: string): MenuEntry | undefined {
    return this.list().find((one) => one.name.toLowerCase() === name.toLowerCase());
  }

  /** Number for an own entry. */
  nextId(): number {
    const highest = this.#store.prepare('SELECT max(id) FROM menu_entries').pluck().get() as number | null;
    return Math.max(FIRST_OWN_ENTRY, (highest ?? 0) + 1);
  }

  /** Adds or replaces the entry of that number; a default takes the place of the one before. */
  put(one: MenuEntry): void {
    if (one.isDefault) this.#store.prepare('UPDATE menu_entries SET is_default = 0').run();
    this.#store
      .prepare(
        `INSERT INTO menu_entries (id, name, description, shown_to, action, argument, hot_key, is_default, enabled)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, shown_to = excluded.shown_to,
           action = excluded.action, argument = excluded.argument, hot_key = excluded.hot_key, is_default = excluded.is_default,
           enabled = excluded.enabled`,
      )
      .run(
        one.id,
        one.name,
        one.description,
        one.shownTo,
        one.action,
        one.argument,
        one.hotKey,
        one.isDefault ? 1 : 0,
        one.enabled ? 1 : 0,
      );
  }

  /** An own entry is gone; one of FOG's is as it was. */
  remove(id: number): void {
    this.#store.prepare('DELETE FROM menu_entries WHERE id = ?').run(id);
  }
}

function entry(row: MenuRow): MenuEntry {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    shownTo: row.shown_to,
    action: row.action,
    argument: row.argument,
    hotKey: row.hot_key,
    isDefault: row.is_default === 1,
    enabled: row.enabled === 1,
  };
}
