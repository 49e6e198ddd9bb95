import type { User } from '#domain/user.js';
import { contains, like, type Page, type PageQuery, readPage } from './page.js';
import type { Store } from './store.js';

interface UserRow {
  id: number;
  name: string;
  password: string;
  created_at: number;
  created_by: string;
  changed_at: number;
}

export const USER_SORTS = ['name', 'createdAt', 'changedAt'] as const;

/** Users; their passwords only as hashes. Methods that write must run inside `store.commit`. */
export class UserRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): User[] {
    return (this.#store.prepare('SELECT * FROM users ORDER BY name').all() as UserRow[]).map(user);
  }

  page(query: PageQuery): Page<User> {
    const { items, total } = readPage<UserRow>(
      this.#store,
      {
        columns: '*',
        from: 'users',
        where: contains(query.q, like('name')),
        sorts: { name: 'name', createdAt: 'created_at', changedAt: 'changed_at' },
        sort: 'name',
        key: 'id',
      },
      query,
    );
    return { items: items.map(user), total };
  }

  byName(name: string): User | undefined {
    const row = this.#row(name);
    return row && user(row);
  }

  passwordHash(name: string): string | undefined {
    return this.#row(name)?.password;
  }

  add(name: string, passwordHash: string, at: number, actor: string): void {
    this.#store
      .prepare(
        'INSERT INTO users (name, password, created_at, created_by, changed_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(name, passwordHash, at, actor, at);
  }

  changePassword(name: string, passwordHash: string, at: number): void {
    this.#store
      .prepare('UPDATE users SET password = ?, changed_at = ? WHERE name = ?')
      .run(passwordHash, at, name);
  }

  remove(name: string): void {
    this.#store.prepare('DELETE FROM users WHERE name = ?').run(name);
  }

  #row(name: string): UserRow | undefined {
    return this.#store.prepare('SELECT * FROM users WHERE name = ?').get(name) as UserRow | undefined;
  }
}

function user(row: UserRow): User {
  const { id, name, created_at: createdAt, created_by: createdBy, changed_at: changedAt } = row;
  return { id, name, createdAt, createdBy, changedAt };
}
