import type { Store } from './store.js';

/** What a caller wants of a list. The repository of the list knows which fields it sorts by. */
export interface PageQuery {
  /** Default 50. */
  readonly limit?: number;
  readonly offset?: number;
  /** A field of the list; with a `-` before it the largest come first. */
  readonly sort?: string;
  /** Part of a name, without regard to case. */
  readonly q?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are without `limit` and `offset`. */
  readonly total: number;
}

export const DEFAULT_LIMIT = 50;

type Value = string | number;

/** A condition with its values; `?` stands for each. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A condition that counts only where the caller names a value. */
export function when(value: string | number | boolean | undefined, sql: string): Condition[] {
  if (value === undefined) return [];
  return [{ sql, values: [typeof value === 'boolean' ? Number(value) : value] }];
}

/** Rows of which one of these columns or lists of rows has the text in it; `?` stands for the pattern. */
export function contains(text: string | undefined, ...tests: readonly string[]): Condition[] {
  if (text === undefined || text === '') return [];
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return [{ sql: `(${tests.join(' OR ')})`, values: tests.map(() => pattern) }];
}

/** `column LIKE ?` as `contains` needs it. */
export const like = (column: string): string => `${column} LIKE ? ESCAPE '\\'`;

export interface Listing {
  readonly columns: string;
  readonly from: string;
  readonly where: readonly Condition[];
  /** SQL of each field that may be sorted by. */
  readonly sorts: Readonly<Record<string, string>>;
  /** Sorted by where the caller does not say. */
  readonly sort: string;
  /** Unique; decides between equals, in the same direction. */
  readonly key: string;
  /** Decides between equals instead, with directions of its own. */
  readonly ties?: string;
}

/**
 * Rows of one page and the number of all. Every text in the SQL comes from this room: of what the caller says only values are bound.
 */
export function readPage<Row>(
  store: Store,
  { columns, from, where, sorts, sort, key, ties }: Listing,
  query: PageQuery,
): Page<Row> {
  const conditions = where.length === 0 ? '' : ` WHERE ${where.map(({ sql }) => sql).join(' AND ')}`;
  const values = where.flatMap((condition) => condition.values);
  const wanted = query.sort ?? sort;
  const direction = wanted.startsWith('-') ? 'DESC' : 'ASC';
  const column = sorts[wanted.replace(/^-/, '')];
  if (column === undefined) throw new RangeError(`a list cannot be sorted by ${wanted}`);
  const order = ties ?? `${key} ${direction}`;
  const total = store.prepare(`SELECT count(*) FROM ${from}${conditions}`).pluck().get(values) as number;
  const items = store
    .prepare(
      `SELECT ${columns} FROM ${from}${conditions} ORDER BY ${column} ${direction}, ${order} LIMIT ? OFFSET ?`,
    )
    .all(...values, query.limit ?? DEFAULT_LIMIT, query.offset ?? 0) as Row[];
  return { items, total };
}

/** A page of a short list that is not in the store; `sorts` gives what is compared. */
export function pageOf<T>(
  list: readonly T[],
  query: PageQuery,
  sorts: Readonly<Record<string, (item: T) => string | number>>,
  text: (item: T) => string,
): Page<T> {
  const part = (query.q ?? '').toLowerCase();
  const found = list.filter((item) => text(item).toLowerCase().includes(part));
  const by = query.sort === undefined ? undefined : sorts[query.sort.replace(/^-/, '')];
  const sign = query.sort?.startsWith('-') ? -1 : 1;
  const sorted = by === undefined ? found : found.toSorted((a, b) => sign * compare(by(a), by(b)));
  const from = query.offset ?? 0;
  return { items: sorted.slice(from, from + (query.limit ?? DEFAULT_LIMIT)), total: found.length };
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is wanted of rows, by a number that they share. */
export function grouped<Row, Value>(
  rows: readonly Row[],
  key: (row: Row) => number,
  value: (row: Row) => Value,
): Map<number, Value[]> {
  const groups = new Map<number, Value[]>();
  for (const row of rows) {
    const known = groups.get(key(row));
    if (known) known.push(value(row));
    else groups.set(key(row), [value(row)]);
  }
  return groups;
}

/** Rows of a second table for the rows of a page, read at once: `IN (SELECT value FROM json_each(?))`. */
export const idList = (ids: readonly number[]): string => JSON.stringify(ids);
