import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import { allows, GRANTS, RESOURCES } from '#domain/token.js';
import { apiOnNetwork } from '#services/http/api/doors.js';
import { createApp } from '#services/http/listener.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const make = async (scopes: readonly string[], expiresAt?: number) => {
  const order = { name: 'robot', scopes, ...(expiresAt === undefined ? {} : { expiresAt }) };
  return (await addToken(world.context, order, OWNER)).token;
};
const call = async (
  token: string | undefined,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, remoteAddress = '127.0.0.1' }: { body?: object; remoteAddress?: string } = {},
) => {
  const answer = await world.app.inject({
    method,
    url: `/api/v1${path}`,
    remoteAddress,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body ? { payload: body } : {}),
  });
  const { title, ...rest } = answer.json() as Record<string, unknown>;
  return { status: answer.statusCode, title, headers: answer.headers, body: rest };
};

describe('a token', () => {
  it('is told once, begins with fogd_, and is in no file of the state folder', async () => {
    const token = await make(['*']);
    expect(token).toMatch(/^fogd_[\w-]{43}$/);
    const list = await world.api.inject('/api/v1/tokens');
    expect(list.json()).toMatchObject({
      items: [{ name: 'robot', scopes: ['*'], createdBy: 'cli', expiresAt: null, lastUsedAt: null }],
      total: 1,
    });
    expect(list.body).not.toContain(token.slice(5));
    const folder = join(world.images, '..');
    for (const name of readdirSync(folder).filter((file) => file.startsWith('fogd.sqlite')))
      expect(readFileSync(join(folder, name), 'latin1')).not.toContain(token.slice(5));
  });

  it('lets a program do what its scopes say, under its name', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    const token = await make(['tasks:write', 'hosts:read']);
    const order = { host: 'pc', type: 'inventory' };
    expect(await call(token, 'POST', '/tasks', { body: order })).toMatchObject({
      status: 201,
      body: { createdBy: 'token:robot' },
    });
    expect(await call(token, 'GET', '/tasks')).toMatchObject({ status: 200 });
    expect(await call(token, 'GET', '/hosts')).toMatchObject({ status: 200, body: { total: 1 } });
    for (const [method, path] of [
      ['DELETE', '/hosts/pc'],
      ['GET', '/users'],
      ['POST', '/tokens'],
    ] as const)
      expect(await call(token, method, path)).toMatchObject({ status: 403, title: 'TOKEN_SCOPE' });
    expect(world.context.hosts.byName('pc')).toBeDefined();
  });

  it.each<[string, string | undefined, string]>([
    ['none', undefined, 'TOKEN_MISSING'],
    ['an unknown one', `fogd_${'a'.repeat(43)}`, 'TOKEN_WRONG'],
    ['half of one', 'half', 'TOKEN_WRONG'],
    ['nonsense', 'a b c', 'TOKEN_MISSING'],
  ])('%s is refused with 401', async (_, given, title) => {
    const token = await make(['*']);
    const answer = await call(given === 'half' ? token.slice(0, 20) : given, 'GET', '/hosts');
    expect(answer).toMatchObject({ status: 401, title });
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  });

  it('is good until it expires or is removed', async () => {
    const token = await make(['*'], world.clock.now() + 60_000);
    expect((await call(token, 'GET', '/hosts')).status).toBe(200);
    await world.clock.advance(60_000);
    expect(await call(token, 'GET', '/hosts')).toMatchObject({ status: 401, title: 'TOKEN_EXPIRED' });
    await world.api.inject({ method: 'DELETE', url: '/api/v1/tokens/robot' });
    expect(await call(token, 'GET', '/hosts')).toMatchObject({ status: 401, title: 'TOKEN_WRONG' });
  });

  it('has the time of its last use, written at most once a minute', async () => {
    const token = await make(['*']);
    const used = () => world.context.tokens.byName('robot')?.lastUsedAt;
    await call(token, 'GET', '/hosts');
    const first = world.clock.now();
    expect(used()).toBe(first);
    await world.clock.advance(59_000);
    await call(token, 'GET', '/hosts');
    expect(used()).toBe(first);
    await world.clock.advance(1_000);
    await call(token, 'GET', '/hosts');
    expect(used()).toBe(first + 60_000);
  });

  it('gives no more than it has itself', async () => {
    const token = await make(['tokens:write', 'hosts:read']);
    const body = { name: 'child', scopes: ['hosts:write'] };
    expect(await call(token, 'POST', '/tokens', { body })).toMatchObject({ title: 'TOKEN_BEYOND' });
    for (const scopes of [['*'], ['*:read'], ['hosts:read', 'users:read']])
      expect((await call(token, 'POST', '/tokens', { body: { name: 'child', scopes } })).status).toBe(403);
    expect(
      (await call(token, 'POST', '/tokens', { body: { name: 'child', scopes: ['hosts:read'] } })).status,
    ).toBe(201);
  });

  it('cannot be guessed at: after five wrong ones an address waits, others do not', async () => {
    const token = await make(['*']);
    const from = (remoteAddress: string, given = token) => call(given, 'GET', '/hosts', { remoteAddress });
    for (let time = 0; time < 5; time++) expect((await from('127.0.0.2', 'fogd_wrong')).status).toBe(401);
    const limited = await from('127.0.0.2');
    expect(limited).toMatchObject({ status: 429, title: 'TOKEN_LIMITED' });
    expect(limited.headers['retry-after']).toBe('300');
    expect((await from('127.0.0.3')).status).toBe(200);
    await world.clock.advance(300_000);
    expect((await from('127.0.0.2')).status).toBe(200);
  });

  it.each([
    ['a name twice', { name: 'ROBOT', scopes: ['*'] }, 409, 'TOKEN_EXISTS'],
    ['a name with a blank', { name: 'a b', scopes: ['*'] }, 400, 'TOKEN_BAD'],
    ['no scope', { name: 'other', scopes: [] }, 400, 'REQUEST_INVALID'],
    ['an unknown scope', { name: 'other', scopes: ['hosts:delete'] }, 400, 'REQUEST_INVALID'],
    ['an end that has passed', { name: 'other', scopes: ['*'], expiresAt: 1 }, 400, 'TOKEN_BAD'],
  ])('with %s is not made', async (_, payload, status, title) => {
    await make(['*']);
    const answer = await world.api.inject({ method: 'POST', url: '/api/v1/tokens', payload });
    expect({ status: answer.statusCode, title: answer.json().title }).toEqual({ status, title });
    expect(world.context.tokens.page({}).total).toBe(1);
  });
});

describe('scopes', () => {
  it.each<[string, string, boolean]>([
    ['*', 'users:write', true],
    ['*:read', 'users:read', true],
    ['*:read', 'users:write', false],
    ['users:write', 'users:read', true],
    ['users:read', 'users:write', false],
    ['hosts:write', 'users:read', false],
    ['hosts:read', '*', false],
    ['*:read', '*', false],
    ['*', '*:read', true],
    ['hosts:write', '*:read', false],
  ])('%s allows %s: %s', (grant, scope, isAllowed) => {
    expect(allows([grant], scope)).toBe(isAllowed);
  });

  it('are for resources that some route has, and every route has one of them', async () => {
    const routes = await world.routes();
    const used = new Set(routes.flatMap(({ scope }) => (scope === undefined ? [] : [scope])));
    used.delete('any');
    for (const scope of used) expect(GRANTS).toContain(scope);
    for (const resource of RESOURCES) expect(used).toContain(`${resource}:read`);
  });
});

describe('plain HTTP', () => {
  const outside = { remoteAddress: '10.0.0.66' };

  it('is for this machine only: a token would travel in clear', async () => {
    const token = await make(['*']);
    const answer = await call(token, 'GET', '/hosts', outside);
    expect(answer).toMatchObject({ status: 403, title: 'API_NEEDS_HTTPS' });
    expect(answer.body.remedy).toContain('api.allow_http = true');
    for (const remoteAddress of ['::1', '127.9.9.9', '::ffff:127.0.0.1'])
      expect((await call(token, 'GET', '/hosts', { remoteAddress })).status).toBe(200);
    expect((await call(token, 'GET', '/hosts', { remoteAddress: '::ffff:10.0.0.66' })).status).toBe(403);
  });

  it('is for all where the admin says so', async () => {
    await world.close();
    world = await makeWorld('[api]\nallow_http = true\n');
    const token = await make(['*']);
    expect((await call(token, 'GET', '/hosts', outside)).status).toBe(200);
    expect((await call(undefined, 'GET', '/hosts', outside)).status).toBe(401);
  });

  it('is told from HTTPS, which is for all', async () => {
    const token = await make(['*']);
    const app = await createApp(async (instance) => {
      instance.addHook('onRequest', async (request) => {
        Object.assign(request.raw.socket, { encrypted: true });
      });
      await instance.register(apiOnNetwork, { prefix: '/api', ...world.apiOptions });
    });
    try {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await app.inject({ url: '/api/v1/hosts', headers, ...outside });
      expect(answer.statusCode).toBe(200);
      const forged = { ...headers, 'x-forwarded-proto': 'https' };
      const plain = await world.app.inject({ url: '/api/v1/hosts', headers: forged, ...outside });
      expect(plain.statusCode).toBe(403);
    } finally {
      await app.close();
    }
  });
});

it('boot files are taken over the network from URLs only: whatever lies on the server would be served to everybody', async () => {
  const token = await make(['*']);
  const body = { source: '/etc/hostname', name: 'bzImage' };
  expect(await call(token, 'POST', '/boot-files', { body })).toMatchObject({ title: 'BOOT_FILE_SOURCE_BAD' });
  expect(world.context.bootFiles.list()).toEqual([]);
});
