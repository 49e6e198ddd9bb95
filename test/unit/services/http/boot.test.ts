import { readdirSync, readFileSync, readlinkSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRange } from '#services/http/send-file.js';
import { repository } from '../../golden.js';
import { MAC, makeWorld, type Route, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const get = (path: string, headers = {}) => world.app.inject({ url: `/fog/service/ipxe/${path}`, headers });

describe('boot.php', () => {
  it('answers POST in the form dialect and GET in the query dialect', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = await world.app.inject({
      method: 'POST',
      url: '/fog/service/ipxe/boot.php',
      headers,
      body: `mac0=${encodeURIComponent(MAC)}`,
    });
    expect(post.headers['content-type']).toContain('text/plain');
    expect(post.body).toMatch(/^#!ipxe\n[\s\S]*boot\.php##params/);
    const query = await get(`boot.php?mac0=${encodeURIComponent(MAC)}&platform=efi`);
    expect(query.body).toMatch(/^#!ipxe\n[\s\S]*boot\.php\?macboot=/);
    expect(world.decisions.map(({ facts }) => facts?.dialect)).toEqual(['form', 'query']);
  });

  it('keeps a + in a query: iPXE does not encode it', async () => {
    await get(`boot.php?mac0=${MAC}&ipxever=1.0.0+git`);
    expect(world.decisions[0]?.facts?.ipxe).toBe('1.0.0+git');
  });

  it('shows who is mixed up when MACs belong to several hosts, and never answers an HTTP error', async () => {
    for (const [name, mac] of [
      ['one', MAC],
      ['two', '02:00:00:00:00:02'],
    ]) {
      await world.api.inject({ method: 'POST', url: '/api/v1/hosts', body: { name, macs: [mac] } });
    }
    const answer = await get(`boot.php?mac0=${MAC}&mac1=02:00:00:00:00:02`);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain(
      'echo fogd: the MAC addresses of this machine belong to several hosts: one, two.',
    );
    expect(answer.body).toContain('sanboot');
  });

  it.each([
    'boot.php',
    'boot.php?',
    'boot.php?mac0=',
    'boot.php?mac0=%00%ff&arch=%0areboot',
    `boot.php?mac0=${'x'.repeat(3000)}`,
  ])('answers a script to %s', async (path) => {
    const answer = await get(path);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toMatch(/^#!ipxe\necho fogd: this machine sent no valid MAC address\n/);
  });

  it('tells nobody the password that a menu put into the query', async () => {
    await get(`boot.php?mac0=${MAC}&username=admin&password=s3cret`);
    expect(JSON.stringify(world.decisions)).not.toContain('s3cret');
  });

  it('of a store that fails shows the problem and boots the disk', async () => {
    world.context.hosts.byMacs = () => {
      throw new Error('disk I/O error');
    };
    const answer = await get(`boot.php?mac0=${MAC}`);
    expect(answer.body).toMatch(/^#!ipxe\necho fogd: disk I\/O error\n[\s\S]*sanboot/);
  });
});

describe('kernel and init', () => {
  it('are sent whole, or the one range asked for', async () => {
    const whole = await get('bzImage');
    expect({
      status: whole.statusCode,
      length: whole.rawPayload.length,
      header: whole.headers['content-length'],
    }).toEqual({
      status: 200,
      length: 3_000_000,
      header: '3000000',
    });
    const part = await get('bzImage', { range: 'bytes=2999990-' });
    expect({ status: part.statusCode, length: part.rawPayload.length }).toEqual({ status: 206, length: 10 });
    expect(part.headers['content-range']).toBe('bytes 2999990-2999999/3000000');
    expect((await get('bzImage', { range: 'bytes=3000000-' })).statusCode).toBe(416);
    const head = await world.app.inject({ method: 'HEAD', url: '/fog/service/ipxe/bzImage' });
    expect({ length: head.headers['content-length'], body: head.body }).toEqual({
      length: '3000000',
      body: '',
    });
  });

  describe('while they are sent', () => {
    // More than sockets and pipes hold, so that the server has to wait for the reader.
    const SIZE = 32 * 1024 * 1024;
    let file: string;
    beforeEach(() => {
      file = join(world.bootFiles, 'init.xz');
      writeFileSync(file, Buffer.alloc(SIZE, 'o'));
    });

    /** The answer with its first bytes there and the rest not asked for. */
    const begin = async (): Promise<IncomingMessage> => {
      const address = await world.app.listen({ host: '127.0.0.1', port: 0 });
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        httpGet(`${address}/fog/service/ipxe/init.xz`, resolve).once('error', reject);
      });
      await new Promise((resolve) => answer.once('readable', resolve));
      return answer;
    };
    const rest = async (answer: IncomingMessage): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      for await (const piece of answer) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    };
    const open = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
        } catch {
          return false; // The descriptor of the listing itself.
        }
      }).length;

    it('a new file of the name leaves them the old one', async () => {
      const answer = await begin();
      writeFileSync(`${file}.new`, Buffer.alloc(SIZE, 'n'));
      renameSync(`${file}.new`, file);
      expect((await rest(answer)).equals(Buffer.alloc(SIZE, 'o'))).toBe(true);
      await expect.poll(() => world.decisions.at(-1)?.facts).toMatchObject({ bytes: SIZE, status: 200 });
      await expect.poll(open).toBe(0);
    });

    it('a write into the file breaks the transfer: nobody boots a file of two halves', async () => {
      const answer = await begin();
      writeFileSync(file, Buffer.alloc(SIZE, 'n'));
      // The kernel's times are as coarse as its tick; a test is faster than that.
      utimesSync(file, 1, 1);
      await expect(rest(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
      await expect
        .poll(() => world.decisions.at(-1))
        .toMatchObject({ event: 'file-sent', outcome: 'failed' });
      await expect.poll(open).toBe(0);
    });

    it('a client that goes away leaves nothing open', async () => {
      const answer = await begin();
      expect(open()).toBe(1);
      answer.destroy();
      await expect
        .poll(() => world.decisions.at(-1))
        .toMatchObject({ event: 'file-sent', outcome: 'failed' });
      await expect.poll(open).toBe(0);
    });
  });

  it('a name that is nearly right is told with the right one', async () => {
    expect((await get('bzimage')).statusCode).toBe(404);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'file-refused',
      reasons: ['bzimage is not among the boot files', 'the nearest name is bzImage'],
    });
  });

  it.each([
    'missing',
    '../fogd.sqlite',
    '..%2ffogd.sqlite',
    '%2e%2e/fogd.sqlite',
    '/etc/passwd',
    '.hidden',
    'a\\..\\..\\x',
    '%00',
  ])('%s is not found, like everything else that is not there (CVE-2023-46237)', async (name) => {
    const answer = await get(name);
    expect([404, 400]).toContain(answer.statusCode);
    expect(answer.body).not.toContain('root:');
  });

  it.each([
    [undefined, undefined],
    ['bytes=0-', { first: 0, last: 99 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=10-1000', { first: 10, last: 99 }],
    ['bytes=-5', { first: 95, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=20-10', 'unsatisfiable'],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    ['bytes=-', undefined],
  ])('range %s of 100 bytes is %j', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });
});

describe('routes', () => {
  it('anonymous callers reach the allow-list of endpoints and nothing else (CVE-2025-58443)', async () => {
    const named = ({ method, url }: Route) => `${method} ${url}`;
    const isOfApi = ({ url }: Route) => url.startsWith('/api');
    const routes = await world.routes();
    const ofApi = routes.filter(isOfApi);
    const all = routes.filter((route) => !isOfApi(route)).map(named);
    const served = all.filter((route) => !route.includes('/t/:token')).sort();
    // Below a token there is what FOS asks, and nothing more.
    const isOfFos = (route: string) =>
      route.includes(' /fog/') &&
      !/\/(ipxe|management|client)\/|\/service\/(register|jobs|usertracking\.report|snapins\.\w+)\.php/.test(
        route,
      );
    const withToken = all.filter((route) => route.includes('/t/:token'));
    expect(withToken.map((route) => route.replace('/t/:token', '')).sort()).toEqual(served.filter(isOfFos));
    const page = readFileSync(new URL('docs/reference/endpoints.md', repository), 'utf8');
    const documented = [...page.matchAll(/^\| `([A-Z, ]+)` \| `([^`]+)` \|(?: `([^`]+)` \|)?/gm)].flatMap(
      ([, methods = '', url = '', scope]) => methods.split(', ').map((method) => ({ method, url, scope })),
    );
    const names = (routes: readonly { method: string; url: string; scope: string | undefined }[]) =>
      routes.map(({ method, url, scope }) => `${method} ${url} ${scope}`).sort();
    expect(served).toEqual(
      documented
        .filter(({ scope }) => scope === undefined)
        .map(({ method, url }) => `${method} ${url}`)
        .sort(),
    );
    // The API is the same in both places, and each of its routes says what a token must allow.
    for (const place of ['network', 'socket'])
      expect(names(ofApi.filter((route) => route.place === place))).toEqual(
        names(documented.filter(({ scope }) => scope !== undefined)),
      );
  });

  it('no route of the API answers anybody without a token, whatever it is sent', async () => {
    const onNetwork = (await world.routes()).filter(
      ({ place, url }) => place === 'network' && url.startsWith('/api'),
    );
    expect(onNetwork.length).toBeGreaterThan(60);
    for (const { method, url } of onNetwork)
      for (const headers of [
        {},
        { authorization: 'Bearer ' },
        { authorization: 'Basic cm9vdDo=' },
        { cookie: 'token=x' },
      ]) {
        const answer = await world.app.inject({
          method: method as 'GET',
          url: url.replaceAll(/:\w+/g, '1'),
          headers,
          ...(method === 'GET' || method === 'HEAD' ? {} : { payload: {} }),
        });
        expect({ method, url, status: answer.statusCode }).toEqual({ method, url, status: 401 });
      }
    for (const url of ['/api', '/api/', '/api/v1', '/api/v2/hosts', '/api/v1/unknown'])
      expect((await world.app.inject(url)).statusCode).toBe(401);
  });

  it.each([
    '/fog/management/export.php?filename=$(id)&type=pdf',
    '/fog/management/index.php',
    '/fog/host',
    '/fog/service/getversion.php/../../lib/fog/config.class.php',
  ])('%s does not exist (CVE-2024-39914, CVE-2025-58443)', async (url) => {
    const answer = await world.app.inject({ url });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('uid=');
  });

  it('getversion.php ignores a url to fetch (CVE-2026-24138)', async () => {
    const answer = await world.app.inject({
      url: '/fog/service/getversion.php?url=http://127.0.0.1:1/&newService=1',
    });
    expect(answer.body).toBe('0.0.0-test');
  });
});
