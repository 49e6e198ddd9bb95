import type { Group } from '#domain/group.js';
import { contains, grouped, idList, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface GroupRow {
  id: number;
  name: string;
  description: string;
  created_at: number;
  created_by: string;
}

export const GROUP_SORTS = ['name', 'createdAt'] as const;

export interface GroupQuery extends PageQuery {
  /** Name of a host that is in it. */
  readonly host?: string;
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

  page(query: GroupQuery): Page<Group> {
    const { items, total } = readPage<GroupRow>(
      this.#store,
      {
        columns: '*',
        from: 'groups',
        where: [
          ...when(
            query.host,
            'id IN (SELECT m.group_id FROM group_members m JOIN hosts h ON h.id = m.host_id WHERE h.name = ?)',
          ),
          ...contains(query.q, like('name'), like('description')),
        ],
        sorts: { name: 'name', createdAt: 'created_at' },
        sort: 'name',
        key: 'id',
      },
      query,
    );
    return { items: items.map(group), total };
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

  /** Names of the hosts in them, by the number of the group. */
  hostNames(ids: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const rows = this.#store
      .prepare(
        `SELECT m.group_id AS id, h.name FROM group_members m JOIN hosts h ON h.id = m.host_id
         WHERE m.group_id IN (SELECT value FROM json_each(?)) ORDER BY m.host_id`,
      )
      .all(idList(ids)) as { id: number; name: string }[];
    return grouped(
      rows,
      ({ id }) => id,
      ({ name }) => name,
    );
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
