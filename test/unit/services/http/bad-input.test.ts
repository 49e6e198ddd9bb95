import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { depthOf, MAX_DEPTH } from '#services/http/api/json-body.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await addHost(world.context, 'pc', [MAC], 'test');
});
afterAll(() => world.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const send = async (
  payload: string | undefined,
  { method = 'POST', path = '/hosts', headers = JSON_TYPE as Record<string, string> } = {},
) => {
  const answer = await world.api.inject({
    method: method as 'POST',
    url: `/api/v1${path}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  const { title, detail, errors } = answer.json() as { title: string; detail: string; errors?: unknown };
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.body).not.toMatch(/\.js:\d|node_modules/);
  return { status: answer.statusCode, title, detail, errors };
};

describe('a request that is wrong', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['a wrong type', { name: 5, macs: [MAC] }, ['body.name must be string']],
    ['a wrong type inside', { name: 'x', macs: [MAC, 7] }, ['body.macs.1 must be string']],
    ['text for a list', { name: 'x', macs: MAC }, ['body.macs must be array']],
    ['two fields', { name: null, macs: {} }, ['body.name must be string', 'body.macs must be array']],
    ['a missing field', { name: 'x' }, ['body.macs is missing']],
    ['an unknown field', { name: 'x', macs: [MAC], admin: true }, ['body.admin is not known here']],
    ['no object', [], ['body must be object']],
    ['null', null, ['body must be object']],
    ['a number', 5, ['body must be object']],
  ])('is told which field and what is expected: %s', async (_, body, expected) => {
    const answer = await send(JSON.stringify(body));
    expect(answer).toMatchObject({ status: 400, title: 'REQUEST_INVALID' });
    const errors = answer.errors as { field: string; expected: string }[];
    expect(errors.map(({ field, expected: what }) => `${field} ${what}`)).toEqual(expected);
    for (const text of expected) expect(answer.detail).toContain(text);
  });

  it.each([
    ['text for a boolean', '/hosts/pc', { pending: 'true' }],
    ['text for a number', '/images/x', { osId: '50' }],
    ['a number for a boolean', '/hosts/pc', { pending: 1 }],
    ['null for text', '/hosts/pc', { description: null }],
  ])('is not mended in a body: %s', async (_, path, body) => {
    expect(await send(JSON.stringify(body), { method: 'PATCH', path })).toMatchObject({ status: 400 });
  });

  it.each([
    ['/hosts?limit=0', 'query.limit'],
    ['/hosts?limit=10001', 'query.limit'],
    ['/hosts?limit=many', 'query.limit'],
    ['/hosts?offset=-1', 'query.offset'],
    ['/hosts?sort=password', 'query.sort'],
    ['/hosts?sort=name;DROP TABLE hosts', 'query.sort'],
    ['/hosts?pending=perhaps', 'query.pending'],
    ['/hosts?unknown=1', 'query.unknown'],
    ['/tasks?state=Done', 'query.state'],
    ['/tasks/x', 'path.id'],
    ['/status?x=1', 'query.x'],
    ['/events?topics=secrets', 'query.topics'],
  ])('names what is wrong in %s', async (path, field) => {
    const answer = await send(undefined, { method: 'GET', path: encodeURI(path), headers: {} });
    expect(answer).toMatchObject({ status: 400, errors: [{ field }] });
  });

  it.each<[string, 'GET' | 'POST', string, unknown]>([
    ['query.offset', 'GET', '/hosts?offset=99999999999999999999', undefined],
    ['body.expiresAt', 'POST', '/tokens', { name: 'x', scopes: ['*'], expiresAt: 1e308 }],
    ['body.expiresAt', 'POST', '/tokens', { name: 'x', scopes: ['*'], expiresAt: 8_640_000_000_000_001 }],
  ])(
    'bug: a number that the store cannot hold was called a fault of fogd, one that is no date broke the list: %s',
    async (field, method, path, body) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const answer = await send(payload, { method, path, ...(payload === undefined ? { headers: {} } : {}) });
      expect(answer).toMatchObject({ status: 400, errors: [{ field }] });
    },
  );

  it.each([
    ['half of an object', '{"name":'],
    ['nothing', ''],
    ['an unquoted word', 'hello'],
    ['something behind it', '{} {}'],
    ['a form', 'name=x'],
    ['a NUL', '\0'],
  ])('has a body that is no JSON: %s', async (_, payload) => {
    expect(await send(payload)).toMatchObject({ status: 400, title: 'REQUEST_NOT_JSON' });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/html',
  ])('has a body of another type: %s', async (type) => {
    const answer = await send('{"name":"x","macs":[]}', { headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 415, title: 'REQUEST_NO_JSON_TYPE' });
  });

  it.each([
    '{"__proto__":{"admin":true},"name":"x","macs":["02:00:00:00:00:09"]}',
    '{"constructor":{"prototype":{"admin":true}},"name":"x","macs":["02:00:00:00:00:09"]}',
    '{"name":"x","macs":["02:00:00:00:00:09"],"\\u005f_proto__":1}',
  ])('would change what all objects are: %s', async (payload) => {
    expect((await send(payload)).status).toBe(400);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(world.context.hosts.list()).toHaveLength(1);
  });

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is nested too deep: %s', async (_, open, close) => {
    for (const depth of [MAX_DEPTH + 1, 100_000]) {
      const answer = await send(`${open.repeat(depth)}1${close.repeat(depth)}`);
      expect(answer).toMatchObject({ status: 400, title: 'REQUEST_TOO_DEEP' });
    }
    // Without an end, too.
    expect(await send(open.repeat(100_000))).toMatchObject({ title: 'REQUEST_TOO_DEEP' });
  });

  it('is too large', async () => {
    expect(await send(`"${'x'.repeat(1024 * 1024)}"`)).toMatchObject({
      status: 413,
      title: 'REQUEST_TOO_LARGE',
    });
  });

  it('brings a body where none is wanted', async () => {
    expect(await send('{"force":true}', { path: '/hosts/pc/inventory' })).toMatchObject({
      status: 400,
      errors: [{ field: 'body' }],
    });
    expect(world.context.tasks.page({}).total).toBe(0);
  });

  it('asks for what is not there', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['POST', '/status'],
      ['DELETE', '/hosts'],
    ] as const)
      expect(await send(undefined, { method, path, headers: {} })).toMatchObject({
        status: 404,
        title: 'ROUTE_UNKNOWN',
      });
  });

  it.each(['/hosts/%E0%A4%A', `/hosts/${'x'.repeat(5000)}`])(
    'has an address that is none: %.20s',
    async (path) => {
      const answer = await send(undefined, { method: 'GET', path, headers: {} });
      expect(answer).toMatchObject({ status: 400, title: 'REQUEST_INVALID' });
      expect(answer.detail.length).toBeLessThan(200);
    },
  );

  it('has such an address, and is a machine', async () => {
    const { statusCode, body } = await world.app.inject('/fog/service/ipxe/%E0%A4%A');
    expect([statusCode, body]).toEqual([400, 'bad request\n']);
  });

  it('is answered with a problem, whatever it is', async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify({ name: value })),
    );
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom('/hosts', '/tasks', '/tokens', '/users'),
        async (payload, path) => {
          const { status } = await send(payload, { path });
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });
});

it('a connection that sends no HTTP gets no stack trace', async () => {
  const socket = join(world.images, '..', 'api.sock');
  await world.api.listen({ path: socket });
  const text = await new Promise<string>((resolve) => {
    let heard = '';
    const client = connect(socket, () => client.write('nonsense\r\n\r\n'));
    client.on('data', (data) => {
      heard += data.toString();
    });
    client.on('close', () => resolve(heard));
  });
  expect(text).toContain('400 Bad Request');
  expect(text).not.toMatch(/\.js:\d/);
});

describe('bug: a body that never came to its end held its connection for ever', () => {
  let port = 0;
  beforeAll(async () => {
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    port = (world.app.server.address() as AddressInfo).port;
  });
  /** Sends head and one byte; gives what ends when the connection does. */
  const sendHalf = async (head: string) => {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    const begun = once(world.app.server, 'request');
    client.write(`${head}\r\nhost: x\r\ncontent-length: 9\r\n\r\na`);
    const ended = once(client, 'close');
    await begun;
    return { client, ended };
  };

  it.each([
    'POST /fog/service/inventory.php HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded',
    'POST /nowhere HTTP/1.1\r\ncontent-type: text/plain',
  ])('%s', async (head) => {
    const { ended } = await sendHalf(head);
    await world.clock.advance(60_000);
    await ended;
  });

  it('one that comes in time is answered', async () => {
    const { client } = await sendHalf(
      'POST /fog/service/inventory.php HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded',
    );
    await world.clock.advance(59_000);
    client.write('bcdefghi');
    const [answer] = await once(client, 'data');
    expect(String(answer)).toContain('200 OK');
    client.destroy();
  });
});

describe('the depth of JSON', () => {
  it.each<[string, number]>([
    ['', 0],
    ['1', 0],
    ['[]', 1],
    ['[[],[]]', 2],
    ['{"a":[{}]}', 3],
    ['"[[[["', 0],
    ['["\\"[["]', 1],
    ['["\\\\",[]]', 2],
  ])('%s is %i', (text, depth) => {
    expect(depthOf(text)).toBe(depth);
  });

  it('is that of the parsed value', () => {
    const deep = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(deep)) : 0;
    fc.assert(fc.property(fc.jsonValue(), (value) => depthOf(JSON.stringify(value)) === deep(value)));
  });
});
