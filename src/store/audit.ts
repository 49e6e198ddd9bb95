import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

/** Who changed what. */
export interface AuditEntry {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `cli` for the command line, `token:NAME` for a program on the network. */
  readonly actor: string;
  /** `host-added`, `task-ordered` … */
  readonly action: string;
  /** What was changed, by its name or number. */
  readonly subject: string;
  /** What was asked for, without passwords, keys and tokens. */
  readonly summary: string;
  /**
   * `done`: in the transaction of the change. A change that is more than one transaction is `begun` before, and `done` or `failed` after; one
   * that stays `begun` was interrupted.
   */
  readonly outcome: 'begun' | 'done' | 'failed';
}

export const AUDIT_SORTS = ['at'] as const;

export interface AuditQuery extends PageQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly since?: number;
}

/** The audit log. Methods that write must run inside `store.commit`. */
export class AuditRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The newest first unless sorted otherwise. */
  page(query: AuditQuery): Page<AuditEntry> {
    return readPage<AuditEntry>(
      this.#store,
      {
        columns: '*',
        from: 'audit',
        where: [
          ...when(query.actor, 'actor = ?'),
          ...when(query.action, 'action = ?'),
          ...when(query.since, 'at >= ?'),
          ...contains(query.q, like('actor'), like('action'), like('subject'), like('summary')),
        ],
        sorts: { at: 'id' },
        sort: '-at',
        key: 'id',
      },
      query,
    );
  }

  /** Gives its number. */
  add({ at, actor, action, subject, summary, outcome }: Omit<AuditEntry, 'id'>): number {
    const { lastInsertRowid } = this.#store
      .prepare('INSERT INTO audit (at, actor, action, subject, summary, outcome) VALUES (?, ?, ?, ?, ?, ?)')
      .run(at, actor, action, subject, summary, outcome);
    return Number(lastInsertRowid);
  }

  ended(id: number, outcome: 'done' | 'failed'): void {
    this.#store.prepare('UPDATE audit SET outcome = ? WHERE id = ?').run(outcome, id);
  }

  removeBefore(at: number): void {
    this.#store.prepare('DELETE FROM audit WHERE at < ?').run(at);
  }
}
