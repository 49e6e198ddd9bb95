import type { Host, HostMac } from '#domain/host.js';
import type { Store } from './store.js';

interface HostRow {
  id: number;
  name: string;
  description: string;
  pending: number;
  created_at: number;
  created_by: string;
  kernel: string;
  init: string;
  kernel_args: string;
  bios_exit: string;
  efi_exit: string;
  image_id: number | null;
  deployed_at: number | null;
  disk: string;
  product_key: string;
}

interface MacRow {
  mac: string;
  is_primary: number;
  pending: number;
  image_ignore: number;
}

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
  readonly pending?: boolean;
}

/** Hosts and their MAC addresses. Methods that write must run inside `store.commit`. */
export class HostRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Host[] {
    return (this.#prepare('SELECT * FROM hosts ORDER BY name').all() as HostRow[]).map((row) =>
      this.#host(row),
    );
  }

  byId(id: number): Host | undefined {
    return this.#one('SELECT * FROM hosts WHERE id = ?', id);
  }

  byName(name: string): Host | undefined {
    return this.#one('SELECT * FROM hosts WHERE name = ?', name);
  }

  /** The hosts that own any of these MACs, pending and ignored ones included; more than one means the MACs are mixed up. */
  byMacs(macs: readonly string[]): Host[] {
    const ids = new Set<number>();
    const find = this.#prepare('SELECT host_id FROM host_macs WHERE mac = ?').pluck();
    for (const mac of macs) {
      const id = find.get(mac) as number | undefined;
      if (id !== undefined) ids.add(id);
    }
    return [...ids].flatMap((id) => this.byId(id) ?? []);
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
  }

  addMac(id: number, mac: string): void {
    this.#prepare('INSERT INTO host_macs (mac, host_id) VALUES (?, ?)').run(mac, id);
  }

  removeMac(id: number, mac: string): void {
    this.#prepare('DELETE FROM host_macs WHERE host_id = ? AND mac = ?').run(id, mac);
  }

  /** Sets what is named; a new primary MAC takes the place of the one before. */
  changeMac(id: number, mac: string, { primary, imageIgnore, pending }: MacChanges): void {
    if (primary === true) {
      this.#prepare('UPDATE host_macs SET is_primary = 0 WHERE host_id = ?').run(id);
      this.#prepare('UPDATE host_macs SET is_primary = 1 WHERE host_id = ? AND mac = ?').run(id, mac);
    }
    const set = (column: 'image_ignore' | 'pending', value: boolean): void => {
      this.#prepare(`UPDATE host_macs SET ${column} = ? WHERE host_id = ? AND mac = ?`).run(
        Number(value),
        id,
        mac,
      );
    };
    if (imageIgnore !== undefined) set('image_ignore', imageIgnore);
    if (pending !== undefined) set('pending', pending);
  }

  assignImage(id: number, imageId: number | null): void {
    this.#prepare('UPDATE hosts SET image_id = ? WHERE id = ?').run(imageId, id);
  }

  deployed(id: number, at: number): void {
    this.#prepare('UPDATE hosts SET deployed_at = ? WHERE id = ?').run(at, id);
  }

  remove(id: number): void {
    this.#prepare('DELETE FROM hosts WHERE id = ?').run(id);
  }

  #one(sql: string, value: string | number): Host | undefined {
    const row = this.#prepare(sql).get(value) as HostRow | undefined;
    return row && this.#host(row);
  }

  #host(row: HostRow): Host {
    const macs = this.#prepare('SELECT * FROM host_macs WHERE host_id = ? ORDER BY is_primary DESC, mac').all(
      row.id,
    );
    return {
      id: row.id,
      name: row.name,
      description: row.description,
      pending: row.pending === 1,
      createdAt: row.created_at,
      createdBy: row.created_by,
      kernel: row.kernel,
      init: row.init,
      kernelArgs: row.kernel_args,
      biosExit: row.bios_exit,
      efiExit: row.efi_exit,
      imageId: row.image_id,
      deployedAt: row.deployed_at,
      disk: row.disk,
      productKey: row.product_key,
      macs: (macs as MacRow[]).map(
        (mac): HostMac => ({
          mac: mac.mac,
          primary: mac.is_primary === 1,
          pending: mac.pending === 1,
          imageIgnore: mac.image_ignore === 1,
        }),
      ),
    };
  }

  #prepare(sql: string) {
    return this.#store.prepare(sql);
  }
}
