import type { BootFileVersion } from '#domain/boot-file.js';
import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface BootFileRow {
  name: string;
  version: string;
  sha256: string;
  size: number;
  added_at: number;
  added_by: string;
  source: string;
}

export const BOOT_FILE_SORTS = ['name', 'addedAt', 'size'] as const;

export interface BootFileQuery extends PageQuery {
  readonly name?: string;
}

/** Versions of boot files. Methods that write must run inside `store.commit`. */
export class BootFileRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** By name, newest first. */
  list(): BootFileVersion[] {
    const rows = this.#store
      .prepare('SELECT * FROM boot_files ORDER BY name, added_at DESC, version DESC')
      .all();
    return (rows as BootFileRow[]).map(version);
  }

  /** By name, newest first, unless sorted otherwise. */
  page(query: BootFileQuery): Page<BootFileVersion> {
    const { items, total } = readPage<BootFileRow>(
      this.#store,
      {
        columns: '*',
        from: 'boot_files',
        where: [
          ...when(query.name, 'name = ?'),
          ...contains(query.q, like('name'), like('version'), like('source')),
        ],
        sorts: { name: 'name', addedAt: 'added_at', size: 'size' },
        sort: 'name',
        key: 'name',
        ties: 'name, added_at DESC, version DESC',
      },
      query,
    );
    return { items: items.map(version), total };
  }

  find(name: string, version: string): BootFileVersion | undefined {
    return this.list().find((one) => one.name === name && one.version === version);
  }

  add({ name, version, sha256, size, addedAt, addedBy, source }: BootFileVersion): void {
    this.#store
      .prepare(
        'INSERT INTO boot_files (name, version, sha256, size, added_at, added_by, source) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(name, version, sha256, size, addedAt, addedBy, source);
  }

  remove(name: string, version: string): void {
    this.#store.prepare('DELETE FROM boot_files WHERE name = ? AND version = ?').run(name, version);
  }
}

function version({ added_at: addedAt, added_by: addedBy, ...row }: BootFileRow): BootFileVersion {
  return { ...row, addedAt, addedBy };
}
