import type { ApiToken } from '#domain/token.js';
import { contains, like, type Page, type PageQuery, readPage } from './page.js';
import type { Store } from './store.js';

interface TokenRow {
  id: number;
  name: string;
  hash: Buffer;
  scopes: string;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  last_used_at: number | null;
}

export interface NewToken
  extends Pick<ApiToken, 'name' | 'scopes' | 'createdAt' | 'createdBy' | 'expiresAt'> {
  /** SHA-256 of the token; the token itself is shown once. */
  readonly hash: Buffer;
}

export const TOKEN_SORTS = ['name', 'createdAt', 'expiresAt', 'lastUsedAt'] as const;

/** Tokens of the API. Methods that write must run inside `store.commit`. */
export class TokenRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  page(query: PageQuery): Page<ApiToken> {
    const { items, total } = readPage<TokenRow>(
      this.#store,
      {
        columns: '*',
        from: 'api_tokens',
        where: contains(query.q, like('name'), like('scopes')),
        sorts: {
          name: 'name',
          createdAt: 'created_at',
          expiresAt: 'expires_at',
          lastUsedAt: 'last_used_at',
        },
        sort: 'name',
        key: 'id',
      },
      query,
    );
    return { items: items.map(token), total };
  }

  byName(name: string): ApiToken | undefined {
    const row = this.#store.prepare('SELECT * FROM api_tokens WHERE name = ?').get(name);
    return row === undefined ? undefined : token(row as TokenRow);
  }

  /** With the hash that is kept, for the comparison. */
  byHash(hash: Buffer): { readonly token: ApiToken; readonly hash: Buffer } | undefined {
    const row = this.#store.prepare('SELECT * FROM api_tokens WHERE hash = ?').get(hash);
    return row === undefined ? undefined : { token: token(row as TokenRow), hash: (row as TokenRow).hash };
  }

  add({ name, hash, scopes, createdAt, createdBy, expiresAt }: NewToken): void {
    this.#store
      .prepare(
        'INSERT INTO api_tokens (name, hash, scopes, created_at, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(name, hash, JSON.stringify(scopes), createdAt, createdBy, expiresAt);
  }

  used(id: number, at: number): void {
    this.#store.prepare('UPDATE api_tokens SET last_used_at = ? WHERE id = ?').run(at, id);
  }

  remove(id: number): void {
    this.#store.prepare('DELETE FROM api_tokens WHERE id = ?').run(id);
  }
}

function token(row: TokenRow): ApiToken {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as string[],
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
