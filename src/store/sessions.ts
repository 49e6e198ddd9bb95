import type { Session, SessionKind, SessionState } from '#domain/session.js';
import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface SessionRow {
  id: number;
  kind: SessionKind;
  state: SessionState;
  mac: string;
  host_id: number | null;
  task_id: number | null;
  image_id: number | null;
  server_ip: string;
  address: string | null;
  created_at: number;
  opened_at: number | null;
  seen_at: number | null;
  ended_at: number | null;
  end_reason: string;
}

export interface NewSession {
  /** SHA-256 of the token; the token itself is only in the boot script. */
  readonly tokenHash: Buffer;
  readonly kind: SessionKind;
  readonly mac: string;
  readonly hostId: number | null;
  readonly taskId: number | null;
  /** Deployed without a task. */
  readonly imageId?: number | null;
  readonly serverIp: string;
  readonly createdAt: number;
}

export const SESSION_SORTS = ['id', 'createdAt', 'seenAt'] as const;

export interface SessionQuery extends PageQuery {
  readonly state?: SessionState;
  readonly kind?: SessionKind;
  readonly mac?: string;
  /** Name. */
  readonly host?: string;
}

/** A boot session with the names of what it is for. */
export interface SessionRecord extends Session {
  readonly host: string | null;
  readonly image: string | null;
}

const RECORD =
  'boot_sessions s LEFT JOIN hosts h ON h.id = s.host_id LEFT JOIN tasks t ON t.id = s.task_id LEFT JOIN images i ON i.id = coalesce(s.image_id, t.image_id)';
const RECORD_COLUMNS = 's.*, h.name AS host, i.name AS image';
type RecordRow = SessionRow & { host: string | null; image: string | null };

/** The index of those that somebody started is used only where the query says so itself. */
const STARTED = "state <> 'offered'";

/** Boot sessions. Methods that write must run inside `store.commit`. */
export class SessionRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  byToken(tokenHash: Buffer): Session | undefined {
    const row = this.#store.prepare('SELECT * FROM boot_sessions WHERE token_hash = ?').get(tokenHash);
    return row === undefined ? undefined : session(row as SessionRow);
  }

  byId(id: number): Session | undefined {
    const row = this.#store.prepare('SELECT * FROM boot_sessions WHERE id = ?').get(id);
    return row === undefined ? undefined : session(row as SessionRow);
  }

  /** Newest first unless sorted otherwise. `q`: part of a MAC, an address, the name of a host or an image. */
  page(query: SessionQuery): Page<SessionRecord> {
    const started = query.state !== undefined && query.state !== 'offered';
    const { items, total } = readPage<RecordRow>(
      this.#store,
      {
        columns: RECORD_COLUMNS,
        from: RECORD,
        where: [
          ...(started ? [{ sql: `s.${STARTED}`, values: [] }] : []),
          ...when(query.state, 's.state = ?'),
          ...when(query.kind, 's.kind = ?'),
          ...when(query.mac, 's.mac = ?'),
          ...when(query.host, 's.host_id = (SELECT id FROM hosts WHERE name = ?)'),
          ...contains(query.q, like('s.mac'), like('s.address'), like('h.name'), like('i.name')),
        ],
        sorts: { id: 's.id', createdAt: 's.created_at', seenAt: 's.seen_at' },
        sort: '-id',
        key: 's.id',
      },
      query,
    );
    return { items: items.map(record), total };
  }

  record(id: number): SessionRecord | undefined {
    const row = this.#store.prepare(`SELECT ${RECORD_COLUMNS} FROM ${RECORD} WHERE s.id = ?`).get(id);
    return row === undefined ? undefined : record(row as RecordRow);
  }

  open(): Session[] {
    return this.#many(`SELECT * FROM boot_sessions WHERE ${STARTED} AND state = 'open' ORDER BY id`);
  }

  /** Those of a machine that are not ended. */
  liveOfMac(mac: string): Session[] {
    return this.#many("SELECT * FROM boot_sessions WHERE mac = ? AND state <> 'ended'", mac);
  }

  /** The one that a task was handed out with last, whatever became of it. */
  latestOfTask(taskId: number): Session | undefined {
    return this.#many('SELECT * FROM boot_sessions WHERE task_id = ? ORDER BY id DESC LIMIT 1', taskId)[0];
  }

  /** Those in which a machine is at work for a task. */
  openOfTask(taskId: number): Session[] {
    return this.#many("SELECT * FROM boot_sessions WHERE task_id = ? AND state = 'open'", taskId);
  }

  liveOfTask(taskId: number): Session[] {
    return this.#many("SELECT * FROM boot_sessions WHERE task_id = ? AND state <> 'ended'", taskId);
  }

  add(entry: NewSession): number {
    return Number(
      this.#store
        .prepare(
          "INSERT INTO boot_sessions (token_hash, kind, state, mac, host_id, task_id, image_id, server_ip, created_at) VALUES (?, ?, 'offered', ?, ?, ?, ?, ?, ?)",
        )
        .run(
          entry.tokenHash,
          entry.kind,
          entry.mac,
          entry.hostId,
          entry.taskId,
          entry.imageId ?? null,
          entry.serverIp,
          entry.createdAt,
        ).lastInsertRowid,
    );
  }

  /** A session of a menu deploys an image from now on. */
  deploys(id: number, imageId: number): void {
    this.#store
      .prepare("UPDATE boot_sessions SET kind = 'deploy', image_id = ? WHERE id = ?")
      .run(imageId, id);
  }

  opened(id: number, address: string, at: number): void {
    this.#store
      .prepare(
        "UPDATE boot_sessions SET state = 'open', address = ?, opened_at = coalesce(opened_at, ?), seen_at = ? WHERE id = ?",
      )
      .run(address, at, at, id);
  }

  /** A sign of life. */
  seen(id: number, at: number): void {
    this.#store.prepare('UPDATE boot_sessions SET seen_at = ? WHERE id = ?').run(at, id);
  }

  ended(id: number, reason: string, at: number): void {
    this.#store
      .prepare("UPDATE boot_sessions SET state = 'ended', ended_at = ?, end_reason = ? WHERE id = ?")
      .run(at, reason, id);
  }

  /** Drops boot scripts that nobody started, and sessions whose completion can no longer be repeated. */
  forget(offeredBefore: number, endedBefore: number): void {
    this.#store
      .prepare("DELETE FROM boot_sessions WHERE state = 'offered' AND created_at < ?")
      .run(offeredBefore);
    this.#store
      .prepare(`DELETE FROM boot_sessions WHERE ${STARTED} AND state = 'ended' AND ended_at < ?`)
      .run(endedBefore);
  }

  /** Drops all but the newest unstarted boot scripts of one machine. */
  keepOffers(mac: string, count: number): void {
    this.#store
      .prepare(
        "DELETE FROM boot_sessions WHERE state = 'offered' AND mac = ? AND id <= (SELECT id FROM boot_sessions WHERE state = 'offered' AND mac = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
      )
      .run(mac, mac, count);
  }

  #many(sql: string, ...values: (string | number)[]): Session[] {
    return (this.#store.prepare(sql).all(...values) as SessionRow[]).map(session);
  }
}

function record(row: RecordRow): SessionRecord {
  return { ...session(row), host: row.host, image: row.image };
}

function session(row: SessionRow): Session {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    mac: row.mac,
    hostId: row.host_id,
    taskId: row.task_id,
    imageId: row.image_id,
    serverIp: row.server_ip,
    address: row.address,
    createdAt: row.created_at,
    openedAt: row.opened_at,
    seenAt: row.seen_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
  };
}
