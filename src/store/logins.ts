import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

export const LOGIN_ACTIONS = ['login', 'logout'] as const;
export type LoginAction = (typeof LOGIN_ACTIONS)[number];

/** Somebody came or went at a machine, as its FOG Client says. */
export interface Login {
  readonly id: number;
  readonly host: string;
  readonly user: string;
  readonly action: LoginAction;
  /** When fogd heard of it, milliseconds since the epoch. */
  readonly at: number;
}

export const LOGIN_SORTS = ['at', 'host', 'user'] as const;

export interface LoginQuery extends PageQuery {
  /** Names. */
  readonly host?: string;
  readonly user?: string;
}

/** The newest that are kept of one host: what anybody says who names its MAC fills no disk. */
export const MOST_OF_HOST = 1_000;

/** Who logged in where. Methods that write must run inside `store.commit`. */
export class LoginRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(hostId: number, user: string, action: LoginAction, at: number): void {
    this.#store
      .prepare('INSERT INTO logins (host_id, user, action, at) VALUES (?, ?, ?, ?)')
      .run(hostId, user, action, at);
    this.#store
      .prepare(
        'DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE host_id = ? ORDER BY id DESC LIMIT -1 OFFSET ?)',
      )
      .run(hostId, MOST_OF_HOST);
  }

  page(query: LoginQuery): Page<Login> {
    return readPage<Login>(
      this.#store,
      {
        columns: 'l.id, h.name AS host, l.user, l.action, l.at',
        from: 'logins l JOIN hosts h ON h.id = l.host_id',
        where: [
          ...when(query.host, 'h.name = ?'),
          ...when(query.user?.toLowerCase(), 'l.user = ?'),
          ...contains(query.q, like('h.name'), like('l.user')),
        ],
        sorts: { at: 'l.at', host: 'h.name', user: 'l.user' },
        sort: '-at',
        key: 'l.id',
      },
      query,
    );
  }

  removeBefore(at: number): number {
    return this.#store.prepare('DELETE FROM logins WHERE at < ?').run(at).changes;
  }
}
