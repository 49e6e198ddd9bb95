import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceKeeper } from '#actions/keep-trace.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import type { Logger } from '#daemon/log.js';
import { TraceRepository } from '#store/trace.js';
import { makeFilledWorld } from './filled-world.js';
import { operations, outcomesIn, ready, replay } from './operations.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const call = (method: Method, url: string, payload?: object) =>
  world.api.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
const entries = (query = '') => call('GET', `/audit${query}`);
const lines = () =>
  world.context.audit
    .page({ sort: 'at' })
    .items.map(
      ({ actor, action, subject, summary, outcome }) =>
        `${actor} ${action} ${subject} [${summary}]${outcome === 'done' ? '' : ` ${outcome}`}`,
    );

describe('the audit log', () => {
  it('has who changed what, and nothing of what was only read or refused', async () => {
    await call('POST', '/hosts', { name: 'pc', macs: [MAC] });
    await call('POST', '/hosts', { name: 'pc', macs: [MAC] });
    await call('GET', '/hosts/pc');
    await call('PATCH', '/hosts/pc', { description: 'by the window', pending: false });
    await call('POST', '/tasks', { host: 'pc', type: 'inventory' });
    await call('POST', '/tasks/1/cancel');
    await call('DELETE', '/hosts/pc');
    expect(lines()).toEqual([
      `cli host-added pc [name=pc macs=${MAC}]`,
      'cli host-changed pc [description=by the window pending=false]',
      'cli task-ordered 1 [host=pc type=inventory]',
      'cli task-cancelled 1 []',
      'cli host-removed pc []',
    ]);
  });

  it('names the token of a program', async () => {
    const { token } = await addToken(world.context, { name: 'robot', scopes: ['*'] }, OWNER);
    await world.app.inject({
      method: 'POST',
      url: '/api/v1/groups',
      headers: { authorization: `Bearer ${token}` },
      payload: { name: 'room-1' },
    });
    expect(lines()).toEqual(['token:robot group-added room-1 [name=room-1]']);
  });

  it('has no password, key, token or script in it', async () => {
    await call('POST', '/users', { name: 'ada', password: 'S3CRET-one' });
    await call('PUT', '/users/ada/password', { password: 'S3CRET-two' });
    await call('POST', '/hosts', { name: 'pc', macs: [MAC] });
    await call('PATCH', '/hosts/pc', { productKey: 'S3CRE-TTTTT-CCCCC-DDDDD-EEEEE' });
    await call('POST', '/menu', { name: 'own', description: 'x', script: 'set password S3CRET' });
    await call('POST', '/boot-files', { source: 'https://me:S3CRET@files.example/bzImage' });
    const made = await call('POST', '/tokens', { name: 'robot', scopes: ['*'] });
    const all = lines();
    expect(all).toHaveLength(7);
    expect(all.join('\n')).not.toContain('S3CRE');
    expect(all.join('\n')).not.toContain((made.json() as { token: string }).token.slice(0, 12));
    expect(all[0]).toBe('cli user-added ada [name=ada password=(secret)]');
    expect(all[5]).toBe('cli boot-files-added  [source=https://files.example/bzImage]');
  });

  it('has one line for each entry, however long or strange the request', async () => {
    await call('POST', '/hosts', { name: 'pc', macs: [MAC] });
    await call('PATCH', '/hosts/pc', { description: `a\nb\u001b[31m${'x'.repeat(20)}` });
    await call('PATCH', '/hosts/pc', { description: 'x'.repeat(200) });
    expect(lines().slice(1)).toEqual([
      `cli host-changed pc [description=a b [31m${'x'.repeat(20)}]`,
      'cli host-changed pc [description=(200 characters)]',
    ]);
  });

  it('bug: a word of a hundred thousand letters kept fogd busy for seconds, one of a million for minutes', async () => {
    await call('POST', '/images/import', { path: '/nowhere', name: 'x'.repeat(100_000) });
    expect(lines()).toEqual([
      `cli images-imported ${'x'.repeat(80)} [path=/nowhere name=(100000 characters)] failed`,
    ]);
  });

  it('is listed newest first, filtered and paged', async () => {
    for (const name of ['a1', 'b1', 'b2']) {
      await call('POST', '/groups', { name });
      await world.clock.advance(1000);
    }
    await call('DELETE', '/groups/a1');
    const subjects = async (query: string) => {
      const { items, total } = (await entries(query)).json() as {
        items: { subject: string }[];
        total: number;
      };
      return [items.map(({ subject }) => subject).join(' '), total];
    };
    expect(await subjects('')).toEqual(['a1 b2 b1 a1', 4]);
    expect(await subjects('?sort=at&limit=2&offset=1')).toEqual(['b1 b2', 4]);
    expect(await subjects('?action=group-added&q=b')).toEqual(['b2 b1', 2]);
    expect(await subjects(`?since=${world.clock.now() - 1000}`)).toEqual(['a1 b2', 2]);
    expect(await subjects('?actor=token:x')).toEqual(['', 0]);
  });

  it('is kept for the days of audit.keep_days, beside the trace', async () => {
    const { store } = world;
    const { clock, audit } = world.context;
    await call('POST', '/groups', { name: 'room-1' });
    const log = { isLevelEnabled: () => false, error: () => undefined } as unknown as Logger;
    const keeper = new TraceKeeper({
      ...{ store, repository: new TraceRepository(store), clock, log, keepDays: 1 },
      alsoForget: [{ keepDays: 365, removeBefore: (at) => audit.removeBefore(at) }],
    });
    await world.clock.advance(365 * 86_400_000);
    await keeper.flush();
    expect(lines()).toHaveLength(1);
    await world.clock.advance(3_600_001);
    await keeper.flush();
    expect(lines()).toEqual([]);
  });
});

it('every route that changes something is named in the audit log', async () => {
  const changing = (await world.routes()).filter(
    ({ place, url, method }) => place === 'socket' && url.startsWith('/api') && !/^(GET|HEAD)$/.test(method),
  );
  expect(changing.length).toBeGreaterThan(30);
  for (const { method, url, action } of changing)
    expect(action, `${method} ${url}`).toMatch(/^[a-z]+(-[a-z]+)+$/);
});

/** Everything that fogd keeps: the rows of all tables but the audit log, and the files beside the store. */
function kept(world: World): string {
  const { store, folder } = world;
  const tables = store
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'audit'",
    )
    .pluck()
    .all() as string[];
  const rows = tables.map(
    (table) => `${table} ${JSON.stringify(store.prepare(`SELECT * FROM ${table}`).all())}`,
  );
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('fogd.sqlite'))
    // Made when first needed, and no change; and what a call works on.
    .filter(({ name, parentPath }) => name !== 'passwords.key' && !parentPath.includes('old-fog'))
    .map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    });
  return [...rows, ...files].sort().join('\n');
}

describe('a change and its entry are one', () => {
  const changes = operations.filter(({ method }) => method !== 'GET');

  it('where the entry cannot be written, nothing is changed, by whichever call', async () => {
    const filled = await makeFilledWorld();
    try {
      await ready(filled, '/api/v1/pki/online');
      const before = kept(filled);
      filled.store.db.function('no_room', () => {
        throw new Error('no room for the entry');
      });
      filled.store.db.exec(
        'CREATE TEMP TRIGGER no_entry BEFORE INSERT ON main.audit BEGIN SELECT no_room(); END',
      );
      for (const { name, path, method, operation } of changes) {
        const { statusCode } = await replay(filled, path, method, operation);
        expect([name, statusCode]).toEqual([name, 500]);
        // The remedy is to look at the log.
        expect(filled.decisions.at(-1)).toMatchObject({
          event: 'request-failed',
          reasons: ['no room for the entry'],
        });
        expect(kept(filled), name).toBe(before);
      }
    } finally {
      await filled.pki.stop();
      await filled.close();
    }
  });

  it('a change that is not in the store alone is in the log before it is begun, and says when it failed', async () => {
    const before: string[] = [];
    const { bootStore } = world.context;
    const take = bootStore.take.bind(bootStore);
    bootStore.take = (source) => {
      before.push(...lines());
      return take(source);
    };
    const add = (sha256?: string) =>
      call('POST', '/boot-files', { source: 'https://files.example/bzImage', ...(sha256 ? { sha256 } : {}) });
    await add('0'.repeat(64));
    await add();
    expect(before).toEqual([
      `cli boot-files-added  [source=https://files.example/bzImage sha256=${'0'.repeat(64)}] begun`,
      `cli boot-files-added  [source=https://files.example/bzImage sha256=${'0'.repeat(64)}] failed`,
      'cli boot-files-added  [source=https://files.example/bzImage] begun',
    ]);
    expect(lines().at(-1)).toBe('cli boot-files-added  [source=https://files.example/bzImage]');
  });

  it('a change of several transactions has one entry, and a refused one none', async () => {
    await call('POST', '/hosts', { name: 'pc', macs: [MAC] });
    await call('PUT', '/hosts/pc/macs/02:00:00:00:00:09', { imageIgnore: true });
    await call('PUT', '/hosts/pc/macs/nonsense', {});
    expect(lines().slice(1)).toEqual(['cli mac-changed pc 02:00:00:00:00:09 [imageIgnore=true]']);
  });

  it('an order to read back an image that was never captured is refused, and has no entry', async () => {
    await call('POST', '/images', { name: 'empty' });
    expect((await call('POST', '/images/empty/verify')).statusCode).toBe(409);
    expect(lines()).toEqual(['cli image-added empty [name=empty]']);
  });

  it('tasks for a group and the removal of files are begun until all of it is done', async () => {
    await call('POST', '/hosts', { name: 'pc1', macs: [MAC] });
    await call('POST', '/hosts', { name: 'pc2', macs: ['02:00:00:00:00:02'] });
    await call('POST', '/groups', { name: 'room' });
    await call('POST', '/groups/room/join', { hosts: ['pc1', 'pc2'] });
    await call('POST', '/images', { name: 'base' });
    const outcomes = outcomesIn(world);
    await call('POST', '/groups/room/tasks', { type: 'inventory' });
    expect(outcomes).toEqual(['begun', 'begun', 'begun', 'done']);
    const { imageStore } = world.context;
    imageStore.remove = async () => {
      throw new Error('the disk is gone');
    };
    expect((await call('DELETE', '/images/base?files=true')).statusCode).toBe(500);
    expect(outcomes.slice(4)).toEqual(['begun', 'begun', 'failed']);
  });
});
