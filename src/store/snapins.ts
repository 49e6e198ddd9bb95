import type { Snapin, SnapinAction } from '#domain/snapin.js';
import { contains, grouped, idList, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface SnapinRow {
  id: number;
  name: string;
  description: string;
  file: string;
  args: string;
  run_with: string;
  run_with_args: string;
  action: SnapinAction;
  hide: number;
  timeout: number;
  pack: number;
  protected: number;
  enabled: number;
  to_replicate: number;
  sha512: string;
  size: number;
  stored: string;
  identity: string;
  damage: string;
  created_at: number;
  created_by: string;
}

export type SnapinChange = Partial<Omit<Snapin, 'id' | 'createdAt' | 'createdBy'>>;

const COLUMNS: Readonly<Record<keyof SnapinChange, string>> = {
  name: 'name',
  description: 'description',
  file: 'file',
  args: 'args',
  runWith: 'run_with',
  runWithArgs: 'run_with_args',
  action: 'action',
  hide: 'hide',
  timeout: 'timeout',
  pack: 'pack',
  protected: 'protected',
  enabled: 'enabled',
  toReplicate: 'to_replicate',
  sha512: 'sha512',
  size: 'size',
  stored: 'stored',
  identity: 'identity',
  damage: 'damage',
};

export const SNAPIN_SORTS = ['name', 'size', 'createdAt'] as const;

export interface SnapinQuery extends PageQuery {
  /** Name of a host that has it. */
  readonly host?: string;
  readonly enabled?: boolean;
}

/** Snapins, and which hosts have them in which order. Methods that write must run inside `store.commit`. */
export class SnapinRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Snapin[] {
    return this.#many('SELECT * FROM snapins ORDER BY name');
  }

  page(query: SnapinQuery): Page<Snapin> {
    const { items, total } = readPage<SnapinRow>(
      this.#store,
      {
        columns: '*',
        from: 'snapins',
        where: [
          ...when(
            query.host,
            'id IN (SELECT s.snapin_id FROM host_snapins s JOIN hosts h ON h.id = s.host_id WHERE h.name = ?)',
          ),
          ...when(query.enabled, 'enabled = ?'),
          ...contains(query.q, like('name'), like('file'), like('description')),
        ],
        sorts: { name: 'name', size: 'size', createdAt: 'created_at' },
        sort: 'name',
        key: 'id',
      },
      query,
    );
    return { items: items.map(snapin), total };
  }

  byId(id: number): Snapin | undefined {
    return this.#many('SELECT * FROM snapins WHERE id = ?', id)[0];
  }

  byName(name: string): Snapin | undefined {
    return this.#many('SELECT * FROM snapins WHERE name = ?', name)[0];
  }

  add(entry: Omit<Snapin, 'id'>): Snapin {
    const { createdAt, createdBy, ...fields } = entry;
    const columns = Object.keys(fields).map((field) => COLUMNS[field as keyof SnapinChange]);
    const names = [...columns, 'created_at', 'created_by'];
    const { lastInsertRowid } = this.#store
      .prepare(`INSERT INTO snapins (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(fields).map(stored), createdAt, createdBy);
    return { ...entry, id: Number(lastInsertRowid) };
  }

  /** Sets what is named. */
  change(id: number, changes: SnapinChange): void {
    for (const [field, value] of Object.entries(changes))
      this.#store
        .prepare(`UPDATE snapins SET ${COLUMNS[field as keyof SnapinChange]} = ? WHERE id = ?`)
        .run(stored(value), id);
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM snapins WHERE id = ?').run(id);
  }

  /** Those of a host, in the order in which it runs them. */
  ofHost(hostId: number): Snapin[] {
    return this.#many(
      'SELECT s.* FROM host_snapins h JOIN snapins s ON s.id = h.snapin_id WHERE h.host_id = ? ORDER BY h.place',
      hostId,
    );
  }

  /** Names of the hosts that have them, by the number of the snapin. */
  hostNames(ids: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const rows = this.#store
      .prepare(
        `SELECT s.snapin_id AS id, h.name FROM host_snapins s JOIN hosts h ON h.id = s.host_id
         WHERE s.snapin_id IN (SELECT value FROM json_each(?)) ORDER BY h.name`,
      )
      .all(idList(ids)) as { id: number; name: string }[];
    return grouped(
      rows,
      ({ id }) => id,
      ({ name }) => name,
    );
  }

  /** The last one that the host runs; where it has it already, it stays where it is. */
  assign(hostId: number, snapinId: number): void {
    this.#store
      .prepare(
        `INSERT OR IGNORE INTO host_snapins (host_id, snapin_id, place)
         VALUES (?, ?, (SELECT coalesce(max(place), 0) + 1 FROM host_snapins WHERE host_id = ?))`,
      )
      .run(hostId, snapinId, hostId);
  }

  unassign(hostId: number, snapinId: number): void {
    this.#store.prepare('DELETE FROM host_snapins WHERE host_id = ? AND snapin_id = ?').run(hostId, snapinId);
  }

  #many(sql: string, ...values: (string | number)[]): Snapin[] {
    return (this.#store.prepare(sql).all(...values) as SnapinRow[]).map(snapin);
  }
}

const stored = (value: string | number | boolean) => (typeof value === 'boolean' ? Number(value) : value);

function snapin(row: SnapinRow): Snapin {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    file: row.file,
    args: row.args,
    runWith: row.run_with,
    runWithArgs: row.run_with_args,
    action: row.action,
    hide: row.hide === 1,
    timeout: row.timeout,
    pack: row.pack === 1,
    protected: row.protected === 1,
    enabled: row.enabled === 1,
    toReplicate: row.to_replicate === 1,
    sha512: row.sha512,
    size: row.size,
    stored: row.stored,
    identity: row.identity,
    damage: row.damage,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
