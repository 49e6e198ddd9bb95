import { type Command, Option } from 'commander';
import { listAll } from './client.js';
import { numberOption } from './options.js';

/** What every list of the command line takes: a part of a text, an order, and how many. */

/** What each list of the API can be sorted by; a test holds them together. */
export const SORTS = {
  hosts: ['name', 'createdAt', 'deployedAt'],
  groups: ['name', 'createdAt'],
  images: ['name', 'createdAt', 'capturedAt', 'serverBytes'],
  generations: ['number', 'publishedAt'],
  tasks: ['id', 'createdAt', 'finishedAt', 'host', 'state'],
  sessions: ['id', 'createdAt', 'seenAt'],
  menu: ['id', 'name'],
  leases: ['address', 'grantedAt', 'expiresAt'],
  'boot-files': ['name', 'addedAt', 'size'],
  snapins: ['name', 'size', 'createdAt'],
  'snapin-tasks': ['createdAt', 'finishedAt', 'host', 'snapin', 'state'],
  users: ['name', 'createdAt', 'changedAt'],
  tokens: ['name', 'createdAt', 'expiresAt', 'lastUsedAt'],
  printers: ['name', 'type'],
  power: ['id', 'host'],
  nodes: ['id', 'name'],
  audit: ['at'],
  logins: ['at', 'host', 'user'],
} as const;

export type ListName = keyof typeof SORTS;

/** `limit`: how many without `--limit`; all where it is left out, and with `--limit 0`. */
export function asList(command: Command, name: ListName, limit?: number): Command {
  const fields = SORTS[name];
  const sort = new Option('--sort <field>', 'by this; with a - before it the largest come first');
  const most = numberOption('--limit <n>', 'how many at most; 0: all');
  return command
    .addOption(new Option('--search <text>', 'only with this in a name or another text'))
    .addOption(sort.choices([...fields, ...fields.map((field) => `-${field}`)]))
    .addOption(limit === undefined ? most : most.default(limit));
}

export interface ListOptions {
  readonly state: string;
  readonly search?: string;
  readonly sort?: string;
  readonly limit?: number;
}

/** The items that the options ask for, page by page. */
export function listed<T>(
  { state, search, sort, limit = 0 }: ListOptions,
  path: string,
  filters: Readonly<Record<string, string | number | boolean | undefined>> = {},
): Promise<T[]> {
  const query = { ...filters, q: search, sort };
  return listAll<T>(state, path, query, limit === 0 ? Number.POSITIVE_INFINITY : limit);
}
