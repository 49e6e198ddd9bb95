import type { Host, HostMac } from '#domain/host.js';
import type { TaskState } from '#domain/task.js';
import { contains, grouped, idList, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

/** Rows are read as arrays: for objects the driver looks up the name of each column of each row, and machines ask who they are by the thousand. */
const HOST =
  'h.id, h.name, h.description, h.pending, h.created_at, h.created_by, h.kernel, h.init, h.kernel_args, h.bios_exit, h.efi_exit, h.image_id, h.deployed_at, h.disk, h.product_key';
type HostRow = [
  id: number,
  name: string,
  description: string,
  pending: number,
  createdAt: number,
  createdBy: string,
  kernel: string,
  init: string,
  kernelArgs: string,
  biosExit: string,
  efiExit: string,
  imageId: number | null,
  deployedAt: number | null,
  disk: string,
  productKey: string,
];
const MAC = 'mac, is_primary, pending, image_ignore, client_ignore';
type MacRow = [mac: string, isPrimary: number, pending: number, imageIgnore: number, clientIgnore: number];

export interface NewHost {
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** The first is the primary one. */
  readonly macs: readonly string[];
}

export type HostChanges = Partial<
  Pick<
    Host,
    | 'name'
    | 'description'
    | 'pending'
    | 'kernel'
    | 'init'
    | 'kernelArgs'
    | 'biosExit'
    | 'efiExit'
    | 'disk'
    | 'productKey'
  >
>;

const COLUMNS: Readonly<Record<keyof HostChanges, string>> = {
  name: 'name',
  description: 'description',
  pending: 'pending',
  kernel: 'kernel',
  init: 'init',
  kernelArgs: 'kernel_args',
  biosExit: 'bios_exit',
  efiExit: 'efi_exit',
  disk: 'disk',
  productKey: 'product_key',
};

export interface MacChanges {
  /** A host has one; it can only be given to another MAC. */
  readonly primary?: true;
  readonly imageIgnore?: boolean;
  readonly clientIgnore?: boolean;
  readonly pending?: boolean;
}

export const HOST_SORTS = ['name', 'createdAt', 'deployedAt'] as const;

export interface HostQuery extends PageQuery {
  readonly pending?: boolean;
  /** Names. */
  readonly group?: string;
  readonly image?: string;
}

/** A host as a list shows it. */
export interface HostRecord
  extends Pick<Host, 'id' | 'name' | 'description' | 'pending' | 'createdAt' | 'deployedAt'> {
  /** The primary one first. */
  readonly macs: readonly string[];
  /** Name of its image. */
  readonly image: string | null;
  readonly task: { readonly typeId: number; readonly state: TaskState } | null;
  /** Maker and product, as the machine reported them. */
  readonly system: readonly string[];
}

interface RecordRow {
  id: number;
  name: string;
  description: string;
  pending: number;
  created_at: number;
  deployed_at: number | null;
  image: string | null;
  maker: string | null;
  product: string | null;
  task: string | null;
}

/** Hosts and their MAC addresses. Methods that write must run inside `store.commit`. */
export class HostRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Host[] {
    const rows = this.#prepare(`SELECT ${HOST} FROM hosts h ORDER BY h.name`).raw().all();
    return (rows as HostRow[]).map((row) => this.#host(row));
  }

  /** `q`: part of a name, a description or a MAC. */
  page(query: HostQuery): Page<HostRecord> {
    const { items, total } = readPage<{ id: number }>(
      this.#store,
      {
        columns: 'h.id',
        from: 'hosts h',
        where: [
          ...when(query.pending, 'h.pending = ?'),
          ...when(
            query.group,
            'h.id IN (SELECT m.host_id FROM group_members m JOIN groups g ON g.id = m.group_id WHERE g.name = ?)',
          ),
          ...when(query.image, 'h.image_id = (SELECT id FROM images WHERE name = ?)'),
          ...contains(
            query.q,
            like('h.name'),
            like('h.description'),
            `h.id IN (SELECT host_id FROM host_macs WHERE ${like('mac')})`,
          ),
        ],
        sorts: { name: 'h.name', createdAt: 'h.created_at', deployedAt: 'h.deployed_at' },
        sort: 'name',
        key: 'h.id',
      },
      query,
    );
    return { items: this.records(items.map(({ id }) => id)), total };
  }

  /** In this order; unknown numbers are left out. All of them with two reads. */
  records(ids: readonly number[]): HostRecord[] {
    const wanted = idList(ids);
    const macRows = this.#prepare(
      'SELECT host_id AS hostId, mac FROM host_macs WHERE host_id IN (SELECT value FROM json_each(?)) ORDER BY is_primary DESC, mac',
    ).all(wanted) as { hostId: number; mac: string }[];
    const macs = grouped(
      macRows,
      ({ hostId }) => hostId,
      ({ mac }) => mac,
    );
    const rows = this.#prepare(
      `SELECT h.id, h.name, h.description, h.pending, h.created_at, h.deployed_at, i.name AS image,
         json_extract(v.reported, '$.sysman') AS maker, json_extract(v.reported, '$.sysproduct') AS product,
         (SELECT json_array(t.type_id, t.state) FROM tasks t WHERE t.host_id = h.id AND t.state < 4 ORDER BY t.id DESC LIMIT 1) AS task
       FROM json_each(?) wanted JOIN hosts h ON h.id = wanted.value
       LEFT JOIN images i ON i.id = h.image_id LEFT JOIN inventory v ON v.host_id = h.id
       ORDER BY wanted.key`,
    ).all(wanted) as RecordRow[];
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      description: row.description,
      pending: row.pending === 1,
      createdAt: row.created_at,
      deployedAt: row.deployed_at,
      macs: macs.get(row.id) ?? [],
      image: row.image,
      task: taskOf(row.task),
      system: [row.maker, row.product].filter((text) => text !== null && text !== '') as string[],
    }));
  }

  /** Names by number. */
  names(ids: readonly number[]): ReadonlyMap<number, string> {
    const rows = this.#prepare('SELECT id, name FROM hosts WHERE id IN (SELECT value FROM json_each(?))').all(
      idList(ids),
    ) as { id: number; name: string }[];
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Names of the hosts that have a kernel or init of their own, by its name. */
  byBootFile(): ReadonlyMap<string, readonly string[]> {
    const rows = this.#prepare(
      "SELECT kernel AS file, name FROM hosts WHERE kernel <> '' UNION SELECT init, name FROM hosts WHERE init <> '' ORDER BY name",
    ).all() as { file: string; name: string }[];
    const users = new Map<string, string[]>();
    for (const { file, name } of rows) users.set(file, [...(users.get(file) ?? []), name]);
    return users;
  }

  byId(id: number): Host | undefined {
    return this.#one(`SELECT ${HOST} FROM hosts h WHERE h.id = ?`, id);
  }

  byName(name: string): Host | undefined {
    return this.#one(`SELECT ${HOST} FROM hosts h WHERE h.name = ?`, name);
  }

  /** The hosts that own any of these MACs, pending and ignored ones included; more than one means the MACs are mixed up. */
  byMacs(macs: readonly string[]): Host[] {
    const hosts = new Map<number, Host>();
    for (const mac of macs) {
      const host = this.#one(
        `SELECT ${HOST} FROM host_macs m JOIN hosts h ON h.id = m.host_id WHERE m.mac = ?`,
        mac,
      );
      if (host) hosts.set(host.id, host);
    }
    return [...hosts.values()];
  }

  /** Name of the host that a MAC belongs to; not where either still waits for approval. */
  nameOfMac(mac: string): string | undefined {
    return this.#prepare(
      `SELECT hosts.name FROM host_macs JOIN hosts ON hosts.id = host_macs.host_id
       WHERE host_macs.mac = ? AND host_macs.pending = 0 AND hosts.pending = 0`,
    )
      .pluck()
      .get(mac) as string | undefined;
  }

  add(host: NewHost): Host {
    const id = Number(
      this.#prepare('INSERT INTO hosts (name, description, created_at, created_by) VALUES (?, ?, ?, ?)').run(
        host.name,
        host.description,
        host.createdAt,
        host.createdBy,
      ).lastInsertRowid,
    );
    const insert = this.#prepare('INSERT INTO host_macs (mac, host_id, is_primary) VALUES (?, ?, ?)');
    host.macs.forEach((mac, index) => {
      insert.run(mac, id, index === 0 ? 1 : 0);
    });
    this.#store.changed({ kind: 'host', id, what: 'added' });
    const added = this.byId(id);
    if (!added) throw new Error(`host ${id} vanished inside its own transaction`);
    return added;
  }

  /** Sets what is named. */
  change(id: number, changes: HostChanges): void {
    for (const [field, value] of Object.entries(changes))
      this.#prepare(`UPDATE hosts SET ${COLUMNS[field as keyof HostChanges]} = ? WHERE id = ?`).run(
        typeof value === 'boolean' ? Number(value) : value,
        id,
      );
    this.#changed(id);
  }

  /** Hosts that registered themselves and wait for approval. */
  countPending(): number {
    return this.#prepare('SELECT count(*) FROM hosts WHERE pending = 1').pluck().get() as number;
  }

  /** `pending`: a machine named it, and a person has not agreed yet. */
  addMac(id: number, mac: string, pending = false): void {
    this.#prepare('INSERT INTO host_macs (mac, host_id, pending) VALUES (?, ?, ?)').run(
      mac,
      id,
      Number(pending),
    );
    this.#changed(id);
  }

  removeMac(id: number, mac: string): void {
    this.#prepare('DELETE FROM host_macs WHERE host_id = ? AND mac = ?').run(id, mac);
    this.#changed(id);
  }

  /** Sets what is named; a new primary MAC takes the place of the one before. */
  changeMac(id: number, mac: string, { primary, imageIgnore, clientIgnore, pending }: MacChanges): void {
    if (primary === true) {
      this.#prepare('UPDATE host_macs SET is_primary = 0 WHERE host_id = ?').run(id);
      this.#prepare('UPDATE host_macs SET is_primary = 1 WHERE host_id = ? AND mac = ?').run(id, mac);
    }
    const set = (column: 'image_ignore' | 'client_ignore' | 'pending', value: boolean): void => {
      this.#prepare(`UPDATE host_macs SET ${column} = ? WHERE host_id = ? AND mac = ?`).run(
        Number(value),
        id,
        mac,
      );
    };
    if (imageIgnore !== undefined) set('image_ignore', imageIgnore);
    if (clientIgnore !== undefined) set('client_ignore', clientIgnore);
    if (pending !== undefined) set('pending', pending);
    this.#changed(id);
  }

  assignImage(id: number, imageId: number | null): void {
    this.#prepare('UPDATE hosts SET image_id = ? WHERE id = ?').run(imageId, id);
    this.#changed(id);
  }

  deployed(id: number, at: number): void {
    this.#prepare('UPDATE hosts SET deployed_at = ? WHERE id = ?').run(at, id);
    this.#changed(id);
  }

  remove(id: number): void {
    const name = this.names([id]).get(id);
    this.#prepare('DELETE FROM hosts WHERE id = ?').run(id);
    if (name !== undefined) this.#store.changed({ kind: 'host', id, what: 'removed', name });
  }

  #one(sql: string, value: string | number): Host | undefined {
    const row = this.#prepare(sql).raw().get(value) as HostRow | undefined;
    return row && this.#host(row);
  }

  #host([
    id,
    name,
    description,
    pending,
    createdAt,
    createdBy,
    kernel,
    init,
    kernelArgs,
    biosExit,
    efiExit,
    imageId,
    deployedAt,
    disk,
    productKey,
  ]: HostRow): Host {
    const rows = this.#prepare(`SELECT ${MAC} FROM host_macs WHERE host_id = ? ORDER BY is_primary DESC, mac`)
      .raw()
      .all(id) as MacRow[];
    const macs = rows.map(
      ([mac, primary, waits, imageIgnore, clientIgnore]): HostMac => ({
        mac,
        primary: primary === 1,
        pending: waits === 1,
        imageIgnore: imageIgnore === 1,
        clientIgnore: clientIgnore === 1,
      }),
    );
    return {
      id,
      name,
      description,
      pending: pending === 1,
      createdAt,
      createdBy,
      kernel,
      init,
      kernelArgs,
      biosExit,
      efiExit,
      imageId,
      deployedAt,
      disk,
      productKey,
      macs,
    };
  }

  #changed(id: number): void {
    this.#store.changed({ kind: 'host', id, what: 'changed' });
  }

  #prepare(sql: string) {
    return this.#store.prepare(sql);
  }
}

function taskOf(json: string | null): HostRecord['task'] {
  if (json === null) return null;
  const [typeId, state] = JSON.parse(json) as [number, TaskState];
  return { typeId, state };
}
