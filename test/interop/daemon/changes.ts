/** Changes of many kinds that people ask for over the control socket, and where each is to be seen once it is made. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, uploadApi } from '#cli/client.js';
import { writeSmallImage } from '../../unit/services/http/small-image.js';
import type { Kept } from './kept.js';

export interface Change {
  /** What the audit log calls it. */
  readonly action: string;
  /** In its entry; with the action in no other. */
  readonly word: string;
  /** More than a transaction: it may be left half made, and is known to be. */
  readonly outside?: true;
  readonly ask: () => Promise<unknown>;
  /** All of it. */
  readonly isMade: (kept: Kept) => boolean;
  /** Anything of it; where it is left out: all or nothing. */
  readonly isBegun?: (kept: Kept) => boolean;
}

/** Where changes are asked for, and what files they are made with. */
export interface Place {
  /** Of the fogd that is asked. */
  readonly state: string;
  /** For files that fogd is given. */
  readonly folder: string;
}

/** What somebody does in this order. `n`: in all names, so that no two have the same. */
export type Story = (place: Place, n: number) => Generator<Change>;

/** Large enough to be killed in. */
export const contentOf = (name: string) => Buffer.alloc(400_000, `content of ${name} `);

/** Once somebody has asked for its removal, that what was made is there tells nothing. */
class Leaving {
  isAsked = false;

  or(look: (kept: Kept) => boolean): (kept: Kept) => boolean {
    return (kept) => this.isAsked || look(kept);
  }

  ask(call: () => Promise<unknown>): () => Promise<unknown> {
    return () => {
      this.isAsked = true;
      return call();
    };
  }
}

function* hosts({ state }: Place, n: number): Generator<Change> {
  const [host, group, ou, words] = [`h${n}`, `g${n}`, `OU=lab${n}`, `words-${n}`];
  const members = [host, `${host}a`, `${host}b`];
  const mac = (place: number) => `02:${place}0:00:${hex(n >> 16)}:${hex(n >> 8)}:${hex(n)}`;
  for (const [place, name] of members.entries())
    yield {
      ...{ action: 'host-added', word: name },
      ask: () => callApi(state, 'POST', '/hosts', { name, macs: [mac(place)] }),
      isMade: ({ hosts }) => hosts.has(name),
    };
  yield {
    ...{ action: 'host-changed', word: words },
    ask: () => callApi(state, 'PATCH', `/hosts/${host}`, { description: words }),
    isMade: ({ hosts }) => hosts.get(host)?.description === words,
  };
  const second = mac(5);
  yield {
    ...{ action: 'mac-changed', word: second },
    ask: () => callApi(state, 'PUT', `/hosts/${host}/macs/${second}`, { imageIgnore: true }),
    isMade: ({ macs }) => macs.get(second) === true,
    isBegun: ({ macs }) => macs.has(second),
  };
  yield {
    ...{ action: 'client-settings-changed', word: host },
    ask: () => callApi(state, 'PATCH', `/hosts/${host}/client/settings`, { ou, autoLogoutMinutes: 10 }),
    isMade: ({ units }) => units.has(ou),
  };
  const leaving = new Leaving();
  yield {
    ...{ action: 'group-added', word: group },
    ask: () => callApi(state, 'POST', '/groups', { name: group }),
    isMade: leaving.or(({ groups }) => groups.has(group)),
  };
  yield {
    ...{ action: 'group-joined', word: group },
    ask: () => callApi(state, 'POST', `/groups/${group}/join`, { hosts: members }),
    isMade: leaving.or(({ groups }) => groups.get(group)?.length === members.length),
    isBegun: ({ groups }) => (groups.get(group)?.length ?? 0) > 0,
  };
  const tested = ({ tasks }: Kept) => tasks.filter((task) => members.includes(task.host) && task.isTest);
  yield {
    ...{ action: 'group-tasks-ordered', word: group, outside: true },
    ask: () => callApi(state, 'POST', `/groups/${group}/tasks`, { type: 'memtest' }),
    isMade: (kept) => tested(kept).length === members.length,
    isBegun: (kept) => tested(kept).length > 0,
  };
  let id = 0;
  yield {
    ...{ action: 'task-ordered', word: host },
    ask: async () => {
      ({ id } = await callApi<{ id: number }>(state, 'POST', '/tasks', { host, type: 'inventory' }));
    },
    isMade: ({ tasks }) => tasks.some((task) => task.host === host && !task.isTest),
  };
  yield {
    ...{ action: 'task-cancelled', word: String(id) },
    ask: () => callApi(state, 'POST', `/tasks/${id}/cancel`),
    isMade: ({ tasks }) => tasks.some((task) => task.id === id && task.state === 'Cancelled'),
  };
  yield {
    ...{ action: 'group-removed', word: group },
    ask: leaving.ask(() => callApi(state, 'DELETE', `/groups/${group}`)),
    isMade: ({ groups }) => !groups.has(group),
  };
}

function* tokens({ state }: Place, n: number): Generator<Change> {
  const name = `t${n}`;
  const leaving = new Leaving();
  yield {
    ...{ action: 'token-added', word: name },
    ask: () => callApi(state, 'POST', '/tokens', { name, scopes: ['hosts:read'] }),
    isMade: leaving.or(({ tokens }) => tokens.has(name)),
  };
  yield {
    ...{ action: 'token-removed', word: name },
    ask: leaving.ask(() => callApi(state, 'DELETE', `/tokens/${name}`)),
    isMade: ({ tokens }) => !tokens.has(name),
  };
}

function* snapins({ state, folder }: Place, n: number): Generator<Change> {
  const name = `s${n}`;
  const leaving = new Leaving();
  const files = [`s${n}-one.msi`, `s${n}-two.msi`] as const;
  const send = (method: 'POST' | 'PUT', path: string, file: string) => {
    writeFileSync(join(folder, file), contentOf(file));
    return uploadApi({ state, json: true }, method, path, join(folder, file));
  };
  yield {
    ...{ action: 'snapin-added', word: name },
    ask: () => send('POST', `/snapins?name=${name}&file=${files[0]}`, files[0]),
    isMade: leaving.or(({ snapins }) => snapins.has(name)),
  };
  yield {
    ...{ action: 'snapin-file-replaced', word: name },
    ask: () => send('PUT', `/snapins/${name}/file?file=${files[1]}`, files[1]),
    isMade: leaving.or(({ snapins }) => snapins.get(name) === files[1]),
  };
  yield {
    ...{ action: 'snapin-removed', word: name },
    ask: leaving.ask(() => callApi(state, 'DELETE', `/snapins/${name}`)),
    isMade: ({ snapins }) => !snapins.has(name),
  };
}

function* bootFiles({ state, folder }: Place, n: number): Generator<Change> {
  const name = `bzImage-${n}`;
  const [one, two] = [`${n}-one`, `${n}-two`];
  const leaving = new Leaving();
  const add = (version: string, keepDefault: boolean) => {
    const source = join(folder, `${name}@${version}`);
    writeFileSync(source, contentOf(`${name}@${version}`));
    return callApi(state, 'POST', '/boot-files', { name, version, keepDefault, source });
  };
  const isKept = ({ bootFiles, onDisk }: Kept, version: string) =>
    bootFiles.has(`${name}@${version}`) && onDisk.has(`${name}@${version}`);
  const isDefault = ({ onDisk }: Kept, version: string) => onDisk.get(name) === `${name}@${version}`;
  yield {
    ...{ action: 'boot-files-added', word: one, outside: true },
    ask: () => add(one, false),
    isMade: leaving.or((kept) => isKept(kept, one) && kept.onDisk.has(name)),
    isBegun: ({ onDisk }) => onDisk.has(`${name}@${one}`),
  };
  yield {
    ...{ action: 'boot-files-added', word: two, outside: true },
    ask: () => add(two, true),
    isMade: (kept) => isKept(kept, two),
    isBegun: ({ onDisk }) => onDisk.has(`${name}@${two}`),
  };
  yield {
    ...{ action: 'boot-file-default-chosen', word: two, outside: true },
    ask: () => callApi(state, 'PUT', '/boot-files/default', { name, version: two }),
    isMade: (kept) => isDefault(kept, two),
  };
  yield {
    ...{ action: 'boot-file-removed', word: one, outside: true },
    ask: leaving.ask(() => callApi(state, 'DELETE', `/boot-files?name=${name}&version=${one}`)),
    isMade: ({ bootFiles, onDisk }) => ![bootFiles, onDisk].some((all) => all.has(`${name}@${one}`)),
    isBegun: (kept) => !isKept(kept, one),
  };
}

function* images({ state, folder }: Place, n: number): Generator<Change> {
  const name = `i${n}`;
  const leaving = new Leaving();
  const path = join(folder, name);
  writeSmallImage(path, name);
  yield {
    ...{ action: 'images-imported', word: name, outside: true },
    ask: () => callApi(state, 'POST', '/images/import', { path, name }),
    isMade: leaving.or(({ images, onDisk }) => images.has(name) && onDisk.has(name)),
    isBegun: ({ images, onDisk }) => images.has(name) || onDisk.has(name),
  };
  yield {
    ...{ action: 'image-removed', word: name, outside: true },
    ask: leaving.ask(() => callApi(state, 'DELETE', `/images/${name}?files=true`)),
    isMade: ({ images, onDisk }) => !images.has(name) && !onDisk.has(name),
    isBegun: ({ images, onDisk }) => !images.has(name) || !onDisk.has(name),
  };
}

const hex = (number: number) => (number & 255).toString(16).padStart(2, '0');

export const STORIES: readonly Story[] = [hosts, tokens, snapins, bootFiles, images];

/** The files of an image that a story imports. */
export function isWholeImage(folder: string, { folder: sources }: Place, name: string): boolean {
  return ['d1.mbr', 'd1.partitions', 'd1p1.img'].every((file) =>
    readFileSync(join(folder, file)).equals(readFileSync(join(sources, name, file))),
  );
}
