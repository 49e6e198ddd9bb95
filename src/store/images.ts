import type { Generation } from '#domain/generation.js';
import type { Image, ImageType } from '#domain/image.js';
import { contains, grouped, idList, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface ImageRow {
  id: number;
  name: string;
  path: string;
  type: ImageType;
  os_id: number;
  format: number;
  compress: number | null;
  partition_type: string;
  enabled: number;
  protected: number;
  generation: number;
  captured_at: number | null;
  client_bytes: number;
  server_bytes: number;
  created_at: number;
  created_by: string;
}

export type NewImage = Pick<
  Image,
  'name' | 'path' | 'type' | 'osId' | 'format' | 'compress' | 'protected' | 'createdAt' | 'createdBy'
>;
export type ImageChange = Partial<
  Pick<Image, 'type' | 'osId' | 'format' | 'compress' | 'enabled' | 'protected'>
>;

/** A publish that has begun and not been acknowledged (src/images/publish). */
export interface PublishRow {
  readonly sessionId: number;
  readonly imagePath: string;
  /** Which folder was to be published; opaque. */
  readonly inode: string;
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** The generation before the one that is replaced stays, and not that one (domain/generation). */
  readonly keepsPrevious: boolean;
  /** Verified first (images.require_verified). */
  readonly waits: boolean;
}

export const IMAGE_SORTS = ['name', 'createdAt', 'capturedAt', 'serverBytes'] as const;

export interface ImageQuery extends PageQuery {
  readonly enabled?: boolean;
  readonly protected?: boolean;
  readonly type?: ImageType;
}

/** Images and the journal of their publishes. Methods that write must run inside `store.commit`. */
export class ImageRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Image[] {
    return (this.#store.prepare('SELECT * FROM images ORDER BY name').all() as ImageRow[]).map(image);
  }

  /** `q`: part of a name or folder. */
  page(query: ImageQuery): Page<Image> {
    const { items, total } = readPage<ImageRow>(
      this.#store,
      {
        columns: '*',
        from: 'images',
        where: [
          ...when(query.enabled, 'enabled = ?'),
          ...when(query.protected, 'protected = ?'),
          ...when(query.type, 'type = ?'),
          ...contains(query.q, like('name'), like('path')),
        ],
        sorts: {
          name: 'name',
          createdAt: 'created_at',
          capturedAt: 'captured_at',
          serverBytes: 'server_bytes',
        },
        sort: 'name',
        key: 'id',
      },
      query,
    );
    return { items: items.map(image), total };
  }

  byIds(ids: readonly number[]): ReadonlyMap<number, Image> {
    const rows = this.#store
      .prepare('SELECT * FROM images WHERE id IN (SELECT value FROM json_each(?))')
      .all(idList(ids)) as ImageRow[];
    return new Map(rows.map((row) => [row.id, image(row)]));
  }

  byId(id: number): Image | undefined {
    return this.#one('SELECT * FROM images WHERE id = ?', id);
  }

  /** The image for machines with this DMI value. */
  byCaponeKey(key: string): Image | undefined {
    return this.#one('SELECT i.* FROM images i JOIN capone_keys c ON c.image_id = i.id WHERE c.key = ?', key);
  }

  /** By the number of the image. */
  caponeKeys(ids: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const rows = this.#store
      .prepare(
        'SELECT image_id AS id, key FROM capone_keys WHERE image_id IN (SELECT value FROM json_each(?)) ORDER BY key',
      )
      .all(idList(ids)) as { id: number; key: string }[];
    return grouped(
      rows,
      ({ id }) => id,
      ({ key }) => key,
    );
  }

  setCaponeKeys(id: number, keys: readonly string[]): void {
    this.#store.prepare('DELETE FROM capone_keys WHERE image_id = ?').run(id);
    const add = this.#store.prepare('INSERT OR IGNORE INTO capone_keys (key, image_id) VALUES (?, ?)');
    for (const key of keys) add.run(key, id);
  }

  byName(name: string): Image | undefined {
    return this.#one('SELECT * FROM images WHERE name = ?', name);
  }

  byPath(path: string): Image | undefined {
    return this.#one('SELECT * FROM images WHERE path = ?', path);
  }

  add(entry: NewImage): Image {
    const { name, path, type, osId, format, compress, createdAt, createdBy } = entry;
    const id = Number(
      this.#store
        .prepare(
          'INSERT INTO images (name, path, type, os_id, format, compress, protected, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(name, path, type, osId, format, compress, entry.protected ? 1 : 0, createdAt, createdBy)
        .lastInsertRowid,
    );
    const added = this.byId(id);
    if (!added) throw new Error(`image ${id} vanished inside its own transaction`);
    return added;
  }

  change(current: Image, change: ImageChange): void {
    const next = { ...current, ...change };
    this.#store
      .prepare(
        'UPDATE images SET type = ?, os_id = ?, format = ?, compress = ?, enabled = ?, protected = ? WHERE id = ?',
      )
      .run(
        next.type,
        next.osId,
        next.format,
        next.compress,
        next.enabled ? 1 : 0,
        next.protected ? 1 : 0,
        current.id,
      );
  }

  captured(id: number, at: number, clientBytes: number, serverBytes: number): void {
    this.#store
      .prepare(
        'UPDATE images SET generation = generation + 1, captured_at = ?, client_bytes = ?, server_bytes = ? WHERE id = ?',
      )
      .run(at, clientBytes, serverBytes, id);
  }

  /** After a rollback: what is in the image's place by now. */
  replaced(id: number, { publishedAt, clientBytes, serverBytes }: Generation): void {
    this.#store
      .prepare('UPDATE images SET captured_at = ?, client_bytes = ?, server_bytes = ? WHERE id = ?')
      .run(publishedAt, clientBytes, serverBytes, id);
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM images WHERE id = ?').run(id);
  }

  journal(): PublishRow[] {
    const rows = this.#store
      .prepare(
        'SELECT session_id AS sessionId, image_path AS imagePath, inode, client_bytes AS clientBytes, server_bytes AS serverBytes, keeps_previous AS keepsPrevious, waits FROM publish_journal',
      )
      .all() as (Omit<PublishRow, 'keepsPrevious' | 'waits'> & {
      readonly keepsPrevious: number;
      readonly waits: number;
    })[];
    return rows.map((row) => ({ ...row, keepsPrevious: row.keepsPrevious === 1, waits: row.waits === 1 }));
  }

  beginPublish(
    { sessionId, imagePath, inode, clientBytes, serverBytes, keepsPrevious, waits }: PublishRow,
    at: number,
  ): void {
    this.#store
      .prepare(
        'INSERT OR REPLACE INTO publish_journal (session_id, image_path, inode, client_bytes, server_bytes, keeps_previous, waits, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(sessionId, imagePath, inode, clientBytes, serverBytes, keepsPrevious ? 1 : 0, waits ? 1 : 0, at);
  }

  endPublish(sessionId: number): void {
    this.#store.prepare('DELETE FROM publish_journal WHERE session_id = ?').run(sessionId);
  }

  #one(sql: string, value: string | number): Image | undefined {
    const row = this.#store.prepare(sql).get(value) as ImageRow | undefined;
    return row && image(row);
  }
}

function image(row: ImageRow): Image {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    type: row.type,
    osId: row.os_id,
    format: row.format,
    compress: row.compress,
    partitionType: row.partition_type,
    enabled: row.enabled === 1,
    protected: row.protected === 1,
    generation: row.generation,
    capturedAt: row.captured_at,
    clientBytes: row.client_bytes,
    serverBytes: row.server_bytes,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
