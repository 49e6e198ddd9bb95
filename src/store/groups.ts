import type { Group } from '#domain/group.js';
import type { Store } from './store.js';

interface GroupRow {
  id: number;
  name: string;
  description: string;
  created_at: number;
  created_by: string;
}

/** Groups and their members. Methods that write must run inside `store.commit`. */
export class GroupRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Group[] {
    return (this.#store.prepare('SELECT * FROM groups ORDER BY name').all() as GroupRow[]).map(group);
  }

  byId(id: number): Group | undefined {
    return this.#one('SELECT * FROM groups WHERE id = ?', id);
  }

  byName(name: string): Group | undefined {
    return this.#one('SELECT * FROM groups WHERE name = ?', name);
  }

  add({ name, description, createdAt, createdBy }: Omit<Group, 'id'>): void {
    this.#store
      .prepare('INSERT INTO groups (name, description, created_at, created_by) VALUES (?, ?, ?, ?)')
      .run(name, description, createdAt, createdBy);
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM groups WHERE id = ?').run(id);
  }

  /** Numbers of the hosts in it. */
  members(id: number): number[] {
    const members = this.#store.prepare(
      'SELECT host_id FROM group_members WHERE group_id = ? ORDER BY host_id',
    );
    return members.pluck().all(id) as number[];
  }

  join(id: number, hostId: number): void {
    this.#store
      .prepare('INSERT OR IGNORE INTO group_members (group_id, host_id) VALUES (?, ?)')
      .run(id, hostId);
  }

  leave(id: number, hostId: number): void {
    this.#store.prepare('DELETE FROM group_members WHERE group_id = ? AND host_id = ?').run(id, hostId);
  }

  #one(sql: string, value: string | number): Group | undefined {
    const row = this.#store.prepare(sql).get(value) as GroupRow | undefined;
    return row && group(row);
  }
}

function group(row: GroupRow): Group {
  const { id, name, description, created_at: createdAt, created_by: createdBy } = row;
  return { id, name, description, createdAt, createdBy };
}
