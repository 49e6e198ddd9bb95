import type { Generation, GenerationPlace, GenerationState } from '#domain/generation.js';
import type { ImageType } from '#domain/image.js';
import { grouped, idList, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface GenerationRow {
  id: number;
  image_id: number;
  number: number;
  state: GenerationState;
  place: GenerationPlace;
  inode: string;
  type: ImageType;
  os_id: number;
  format: number;
  source: string;
  published_at: number;
  checked_at: number | null;
  client_bytes: number;
  server_bytes: number;
  reason: string;
}

export type NewGeneration = Pick<
  Generation,
  'imageId' | 'inode' | 'type' | 'osId' | 'format' | 'source' | 'publishedAt' | 'clientBytes' | 'serverBytes'
>;

export interface GenerationFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A deploy that wrote a generation to a disk. */
export interface GenerationDeploy {
  readonly generationId: number;
  readonly taskId: number;
  readonly host: string;
  readonly finishedAt: number;
}

export const GENERATION_SORTS = ['number', 'publishedAt'] as const;

export interface GenerationQuery extends PageQuery {
  readonly place?: GenerationPlace;
  readonly state?: GenerationState;
}

/** Generations of images, and the sums of their files. Methods that write must run inside `store.commit`. */
export class GenerationRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  byId(id: number): Generation | undefined {
    return this.#many('SELECT * FROM image_generations WHERE id = ?', id)[0];
  }

  /** Of one image, newest first unless sorted otherwise. */
  page(imageId: number, query: GenerationQuery): Page<Generation> {
    const { items, total } = readPage<GenerationRow>(
      this.#store,
      {
        columns: '*',
        from: 'image_generations',
        where: [
          ...when(imageId, 'image_id = ?'),
          ...when(query.place, 'place = ?'),
          ...when(query.state, 'state = ?'),
        ],
        sorts: { number: 'number', publishedAt: 'published_at' },
        sort: '-number',
        key: 'id',
      },
      query,
    );
    return { items: items.map(generation), total };
  }

  /** States of the current generations, by the number of the image. */
  currentStates(imageIds: readonly number[]): ReadonlyMap<number, GenerationState> {
    const rows = this.#store
      .prepare(
        "SELECT image_id AS id, state FROM image_generations WHERE place = 'current' AND image_id IN (SELECT value FROM json_each(?))",
      )
      .all(idList(imageIds)) as { id: number; state: GenerationState }[];
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  /** Newest first. */
  list(imageId: number): Generation[] {
    return this.#many('SELECT * FROM image_generations WHERE image_id = ? ORDER BY number DESC', imageId);
  }

  /** The one that waits to be verified before it is published. */
  received(imageId: number): Generation | undefined {
    return this.list(imageId).find(({ place }) => place === 'received');
  }

  /** All that wait beside the images, in the order in which they came. */
  waiting(): Generation[] {
    return this.#many("SELECT * FROM image_generations WHERE place = 'received' ORDER BY id");
  }

  current(imageId: number): Generation | undefined {
    return this.list(imageId).find(({ place }) => place === 'current');
  }

  /** Those whose files are there and were not read back yet, in the order in which they came: what is kept comes after what deploys get, or wait for. */
  unverified(): Generation[] {
    return this.#many(
      "SELECT * FROM image_generations WHERE state IN ('received', 'published') AND place <> 'gone' ORDER BY place = 'previous', id",
    );
  }

  /** Found damaged, and still there, or the last that was captured. */
  damaged(): Generation[] {
    return this.#many(
      "SELECT * FROM image_generations WHERE state = 'damaged' AND (place <> 'gone' OR id IN (SELECT max(id) FROM image_generations GROUP BY image_id)) ORDER BY id",
    );
  }

  /** Becomes the current one, or waits beside the images; the others are placed by `place`. */
  add(entry: NewGeneration, place: 'current' | 'received' = 'current'): Generation {
    const state: GenerationState = place === 'current' ? 'published' : 'received';
    const { imageId, inode, type, osId, format, source, publishedAt, clientBytes, serverBytes } = entry;
    const number = (this.list(imageId)[0]?.number ?? 0) + 1;
    const { lastInsertRowid } = this.#store
      .prepare(
        `INSERT INTO image_generations (image_id, number, state, place, inode, type, os_id, format, source, published_at, client_bytes, server_bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        imageId,
        number,
        state,
        place,
        inode,
        type,
        osId,
        format,
        source,
        publishedAt,
        clientBytes,
        serverBytes,
      );
    const added = this.byId(Number(lastInsertRowid));
    if (!added)
      throw new Error(`generation ${number} of image ${imageId} vanished inside its own transaction`);
    return added;
  }

  place(id: number, place: GenerationPlace): void {
    this.#store.prepare('UPDATE image_generations SET place = ? WHERE id = ?').run(place, id);
  }

  /** To be read back again: `published` anew. The sums that are known stay, to be compared with. */
  recheck(id: number): void {
    this.#store
      .prepare(
        "UPDATE image_generations SET state = 'published', checked_at = NULL, reason = '' WHERE id = ?",
      )
      .run(id);
  }

  verified(id: number, files: readonly GenerationFile[], at: number): void {
    this.#store
      .prepare("UPDATE image_generations SET state = 'verified', checked_at = ?, reason = '' WHERE id = ?")
      .run(at, id);
    this.#store.prepare('DELETE FROM image_files WHERE generation_id = ?').run(id);
    const add = this.#store.prepare(
      'INSERT INTO image_files (generation_id, name, bytes, sha256) VALUES (?, ?, ?, ?)',
    );
    for (const { name, bytes, sha256 } of files) add.run(id, name, bytes, sha256);
  }

  foundDamaged(id: number, reason: string, at: number): void {
    this.#store
      .prepare("UPDATE image_generations SET state = 'damaged', checked_at = ?, reason = ? WHERE id = ?")
      .run(at, reason, id);
  }

  files(id: number): GenerationFile[] {
    return this.#store
      .prepare('SELECT name, bytes, sha256 FROM image_files WHERE generation_id = ? ORDER BY name')
      .all(id) as GenerationFile[];
  }

  /** Notes what a deploy is given. */
  given(taskId: number, generationId: number): void {
    this.#store.prepare('UPDATE tasks SET generation_id = ? WHERE id = ?').run(generationId, taskId);
  }

  /** Completed deploys, newest first, by the number of the generation. */
  deploys(ids: readonly number[]): ReadonlyMap<number, readonly GenerationDeploy[]> {
    const rows = this.#store
      .prepare(
        `SELECT t.generation_id AS generationId, t.id AS taskId, h.name AS host, t.finished_at AS finishedAt
         FROM tasks t JOIN hosts h ON h.id = t.host_id
         WHERE t.generation_id IN (SELECT value FROM json_each(?)) AND t.state = 4 ORDER BY t.id DESC`,
      )
      .all(idList(ids)) as GenerationDeploy[];
    return grouped(
      rows,
      ({ generationId }) => generationId,
      (deploy) => deploy,
    );
  }

  #many(sql: string, ...values: number[]): Generation[] {
    return (this.#store.prepare(sql).all(...values) as GenerationRow[]).map(generation);
  }
}

function generation(row: GenerationRow): Generation {
  return {
    id: row.id,
    imageId: row.image_id,
    number: row.number,
    state: row.state,
    place: row.place,
    inode: row.inode,
    type: row.type,
    osId: row.os_id,
    format: row.format,
    source: row.source,
    publishedAt: row.published_at,
    checkedAt: row.checked_at,
    clientBytes: row.client_bytes,
    serverBytes: row.server_bytes,
    reason: row.reason,
  };
}
