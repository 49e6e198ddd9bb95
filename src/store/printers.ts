import type { Printer } from '#domain/printer.js';
import { contains, like, type Page, type PageQuery, readPage } from './page.js';
import type { Store } from './store.js';

const COLUMNS =
  'p.id, p.name, p.description, p.type, p.port, p.file, p.model, p.ip, p.config_file AS configFile';

export const PRINTER_SORTS = ['name', 'type'] as const;

export interface AssignedPrinter extends Printer {
  readonly isDefault: boolean;
}

/** Printers, and to which hosts they are assigned. Methods that write must run inside `store.commit`. */
export class PrinterRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  page(query: PageQuery): Page<Printer> {
    return readPage<Printer>(
      this.#store,
      {
        columns: COLUMNS,
        from: 'printers p',
        where: contains(query.q, like('p.name'), like('p.description')),
        sorts: { name: 'p.name', type: 'p.type' },
        sort: 'name',
        key: 'p.id',
      },
      query,
    );
  }

  names(): string[] {
    return this.#store.prepare('SELECT name FROM printers ORDER BY name').pluck().all() as string[];
  }

  byId(id: number): Printer | undefined {
    return this.#one('p.id = ?', id);
  }

  byName(name: string): Printer | undefined {
    return this.#one('p.name = ?', name);
  }

  add(printer: Omit<Printer, 'id'>): number {
    const { name, description, type, port, file, model, ip, configFile } = printer;
    const insert = this.#store.prepare(
      'INSERT INTO printers (name, description, type, port, file, model, ip, config_file) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    return Number(insert.run(name, description, type, port, file, model, ip, configFile).lastInsertRowid);
  }

  change({ id, name, description, type, port, file, model, ip, configFile }: Printer): void {
    this.#store
      .prepare(
        `UPDATE printers SET name = ?, description = ?, type = ?, port = ?, file = ?, model = ?, ip = ?, config_file = ?
         WHERE id = ?`,
      )
      .run(name, description, type, port, file, model, ip, configFile, id);
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM printers WHERE id = ?').run(id);
  }

  assigned(hostId: number): AssignedPrinter[] {
    const rows = this.#store
      .prepare(
        `SELECT ${COLUMNS}, a.is_default AS isDefault FROM host_printers a JOIN printers p ON p.id = a.printer_id
         WHERE a.host_id = ? ORDER BY p.name`,
      )
      .all(hostId) as Array<Printer & { isDefault: number }>;
    return rows.map((row) => ({ ...row, isDefault: row.isDefault === 1 }));
  }

  /** In place of those before; `defaultId`: one of them. */
  assign(hostId: number, printerIds: readonly number[], defaultId: number | undefined): void {
    this.#store.prepare('DELETE FROM host_printers WHERE host_id = ?').run(hostId);
    const insert = this.#store.prepare(
      'INSERT INTO host_printers (host_id, printer_id, is_default) VALUES (?, ?, ?)',
    );
    for (const id of new Set(printerIds)) insert.run(hostId, id, id === defaultId ? 1 : 0);
  }

  #one(where: string, value: string | number): Printer | undefined {
    return this.#store.prepare(`SELECT ${COLUMNS} FROM printers p WHERE ${where}`).get(value) as
      | Printer
      | undefined;
  }
}
