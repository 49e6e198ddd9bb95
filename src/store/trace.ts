import type { Outcome, TraceRecord, TraceService } from '#trace/decision.js';
import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface TraceRow {
  at: number;
  last: number;
  count: number;
  service: TraceService;
  event: string;
  outcome: Outcome;
  mac: string | null;
  ip: string | null;
  uuid: string | null;
  arch: string | null;
  reasons: string;
  facts: string;
}

export const TRACE_SORTS = ['at'] as const;

export interface TraceQuery extends PageQuery {
  readonly service?: TraceService;
  readonly outcome?: Outcome;
  readonly event?: string;
  readonly mac?: string;
  readonly ip?: string;
  /** Milliseconds since the epoch. */
  readonly since?: number;
}

/** How far back a list looks: counting millions of records would hold up every machine that asks meanwhile. */
const LISTED = 50_000;

/** The stored decision records. Methods that write must run inside `store.commit`. */
export class TraceRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  append(records: readonly TraceRecord[]): void {
    const insert = this.#store.prepare(
      `INSERT INTO trace (at, last, count, service, event, outcome, mac, ip, uuid, arch, reasons, facts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const { at, last, count, service, event, outcome, who, reasons, facts } of records) {
      insert.run(
        at,
        last,
        count,
        service,
        event,
        outcome,
        who.mac ?? null,
        who.ip ?? null,
        who.uuid ?? null,
        who.arch ?? null,
        JSON.stringify(reasons),
        JSON.stringify(facts ?? {}),
      );
    }
  }

  /** Records of one machine since a time, oldest first, at most `limit` of the newest. */
  ofMac(mac: string, since: number, limit: number): TraceRecord[] {
    const rows = this.#store
      .prepare('SELECT * FROM trace WHERE mac = ? AND at >= ? ORDER BY id DESC LIMIT ?')
      .all(mac, since, limit) as TraceRow[];
    return rows.reverse().map(record);
  }

  /** The newest first unless sorted otherwise; of the last 50,000 records. `q`: part of what is known of the machine, of the facts or reasons. */
  page(query: TraceQuery): Page<TraceRecord> {
    const newest = this.#store.prepare('SELECT max(id) FROM trace').pluck().get() as number | null;
    const { items, total } = readPage<TraceRow>(
      this.#store,
      {
        columns: '*',
        from: 'trace',
        where: [
          ...when((newest ?? 0) - LISTED, 'id > ?'),
          ...when(query.service, 'service = ?'),
          ...when(query.outcome, 'outcome = ?'),
          ...when(query.event, 'event = ?'),
          ...when(query.mac, 'mac = ?'),
          ...when(query.ip, 'ip = ?'),
          ...when(query.since, 'at >= ?'),
          ...contains(query.q, like('mac'), like('ip'), like('facts'), like('reasons')),
        ],
        sorts: { at: 'id' },
        sort: '-at',
        key: 'id',
      },
      query,
    );
    return { items: items.map(record), total };
  }

  removeBefore(at: number): void {
    this.#store.prepare('DELETE FROM trace WHERE at < ?').run(at);
  }
}

function record(row: TraceRow): TraceRecord {
  return {
    at: row.at,
    last: row.last,
    count: row.count,
    service: row.service,
    event: row.event,
    outcome: row.outcome,
    who: {
      ...(row.mac === null ? {} : { mac: row.mac }),
      ...(row.ip === null ? {} : { ip: row.ip }),
      ...(row.uuid === null ? {} : { uuid: row.uuid }),
      ...(row.arch === null ? {} : { arch: row.arch }),
    },
    reasons: JSON.parse(row.reasons) as string[],
    facts: JSON.parse(row.facts) as Record<string, string | number | boolean>,
  };
}
