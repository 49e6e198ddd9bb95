import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceKeeper } from '#actions/keep-trace.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import type { Logger } from '#daemon/log.js';
import { TraceRepository } from '#store/trace.js';
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
    .items.map(({ actor, action, subject, summary }) => `${actor} ${action} ${subject} [${summary}]`);

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

  it('is durable before a change is acknowledged: where it cannot be written, the caller is told', async () => {
    const { store } = world.context;
    await store.commit(() => store.prepare('ALTER TABLE audit RENAME TO lost').run());
    const answer = await call('POST', '/groups', { name: 'room-1' });
    expect({ status: answer.statusCode, title: answer.json().title }).toEqual({
      status: 500,
      title: 'REQUEST_FAILED',
    });
    // The remedy is to look at the log.
    expect(world.decisions.at(-1)).toMatchObject({
      ...{ event: 'request-failed', outcome: 'failed', reasons: ['no such table: audit'] },
      facts: { route: 'POST /api/v1/groups' },
    });
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
    const { store, clock, audit } = world.context;
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
