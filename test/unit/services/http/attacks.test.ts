import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost, findHost } from '#actions/manage-hosts.js';
import { createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

/** The published vulnerabilities of FOG, replayed on the routes that machines reach. Others: boot.test.ts, store.test.ts, inventory.test.ts. */

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n');
});
afterEach(() => world.close());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const XSS = '<img src=x onerror=alert(1)>';

/** Every route of the machines' application, its parameters filled in. */
const urls = async () =>
  (await world.routes())
    .filter(({ url }) => !url.startsWith('/api/'))
    .map(({ method, url }) => ({
      method: method as 'GET' | 'POST' | 'HEAD',
      url: url.replace(':token', '0'.repeat(32)).replace(':name', 'MOK.der').replace('*', 'bzImage'),
    }));

function dump(): string {
  const tables = world.store
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .pluck()
    .all() as string[];
  const rows = tables.map((name) => [name, world.store.prepare(`SELECT * FROM ${name}`).all()]);
  return JSON.stringify(rows);
}

describe('replayed', () => {
  it('CVE-2024-39914: text for a shell is data in every field that a machine sends', async () => {
    const text = '$(id);`id`|id';
    await world.fos(
      'auto.register.php',
      `mac=${b64(MAC)}&advanced=MQ==&host=${b64(text)}&primaryuser=${b64(text)}`,
    );
    await world.fos('taskerror.php', `mac=${MAC}&type=error&text=${encodeURIComponent(text)}&script=${text}`);
    const { body } = await world.app.inject(
      `/fog/service/ipxe/boot.php?mac0=${MAC}&product=${encodeURIComponent(text)}`,
    );
    expect(body).not.toMatch(/uid=\d|\$\(id\)|`/);
    expect(JSON.stringify(world.decisions)).not.toMatch(/uid=\d/);
  });

  it.each(['hostinfo.php', '../status/hostgetkey.php'])(
    'CVE-2024-41108: %s of another address tells neither passwords nor the product key',
    async (endpoint) => {
      const { id } = await addHost(world.context, 'pc', [MAC], 'test');
      const key = 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE';
      await world.context.store.commit(() => world.context.hosts.change(id, { productKey: key }));
      await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
      world.neighbours.set('10.0.0.66', '02:00:00:00:00:66');
      const url = endpoint.startsWith('..') ? '/fog/status/hostgetkey.php' : `/fog/service/${endpoint}`;
      for (const token of ['', '0'.repeat(32), "' OR 1=1"]) {
        const body = `mac=${MAC}&hosttoken=${token}`;
        const answer = await world.app.inject({
          method: 'POST',
          url,
          headers: FORM,
          body,
          remoteAddress: '10.0.0.66',
        });
        expect(answer.statusCode).toBe(200);
        expect(answer.body).not.toMatch(/AAAAA|export|^[0-9a-f]{32}$/);
      }
    },
  );

  it('CVE-2024-40645: no route takes a file', async () => {
    const before = dump();
    for (const { method, url } of (await urls()).filter(({ method }) => method === 'POST')) {
      const body = `--x\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\nGIF89a<?php id(); ?>\r\n--x--\r\n`;
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      const answer = await world.app.inject({ method, url, headers, body });
      expect(answer.body).not.toContain('<?php');
    }
    expect(dump()).toBe(before);
  });

  it('CVE-2023-46236, CVE-2026-24138: no route fetches what a caller names', async () => {
    let calls = 0;
    const server = createServer((_, answer) => {
      calls++;
      answer.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const fields = [target, 'file:///etc/passwd']
        .flatMap((text) => [text, Buffer.from(text).toString('base64')])
        .flatMap((text) =>
          ['url', 'file', 'filename', 'host', 'web', 'storage'].map((name) => `${name}=${text}`),
        )
        .join('&');
      for (const { method, url } of await urls()) {
        const answer =
          method === 'POST'
            ? await world.app.inject({ method, url, headers: FORM, body: `mac=${MAC}&${fields}` })
            : await world.app.inject({ method, url: `${url}?newService=1&${fields}` });
        expect(answer.body).not.toContain('root:x:');
      }
      expect(calls).toBe(0);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('CVE-2026-47687, CVE-2026-47689: markup in what machines send is kept as short text and never served as a page', async () => {
    await world.fos(
      'auto.register.php',
      `mac=${b64(MAC)}&advanced=MQ==&host=${b64('pc')}&primaryuser=${b64(XSS)}&other1=${b64(XSS.repeat(100))}`,
    );
    await world.fos('inventory.php', `mac=${b64(MAC)}&sysman=${b64(XSS)}&sysserial=${b64(XSS.repeat(100))}`);
    await world.fos('hostnameloop.php', `host=${b64(XSS)}`);
    await world.fos('av.php', `mac=${MAC}&mode=s&string=${b64(XSS)}`);
    for (const url of ['/fog/service/hostnameloop.php', '/fog/service/Pre_Stage1.php']) {
      const answer = await world.app.inject({
        method: 'POST',
        url,
        headers: FORM,
        body: `mac=${XSS}&host=${b64(XSS)}`,
      });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
    expect(findHost(world.context, 'pc').name).toBe('pc');
    for (const text of JSON.stringify(dump()).match(/(<img[^>]*>)+/g) ?? [])
      expect(text.length).toBeLessThan(1000);
  });

  it('CVE-2026-47688: no GET changes anything', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    const before = dump();
    const query = `mac=${MAC}&mac0=${MAC}&type=down&action=imagelookup&advanced=MQ==&host=${b64('x').trim()}`;
    for (const { method, url } of (await urls()).filter(({ method }) => method !== 'POST')) {
      // A boot script has a session of its own: that is what it is for, and nothing of the host or its task changes.
      if (url.endsWith('boot.php')) continue;
      await world.app.inject({ method, url: `${url}?${query}` });
    }
    expect(dump()).toBe(before);
  });

  it.each([
    'delconf=1',
    'delhost=1',
    'aprvconf=1',
    'approveHost=1',
    'keyreg=1&key=AAAAA-BBBBB-CCCCC-DDDDD-EEEEE',
    'qihost=1&imageID=1',
  ])(
    'FOG pull request 488: boot.php?%s without a login deletes, approves, orders and sets nothing',
    async (fields) => {
      const { id } = await addHost(world.context, 'pc', [MAC], 'test');
      await world.context.store.commit(() => world.context.hosts.change(id, { pending: true }));
      const before = findHost(world.context, 'pc');
      for (const login of ['', '&username=&password=', '&username=x&password=x']) {
        const { statusCode } = await world.app.inject(
          `/fog/service/ipxe/boot.php?mac0=${MAC}&${fields}${login}`,
        );
        expect(statusCode).toBe(200);
      }
      expect(findHost(world.context, 'pc')).toEqual(before);
      expect(world.context.tasks.list(id)).toEqual([]);
    },
  );

  it.each(['image', 'group'])(
    'FOG issue 1314: a store that fails is no empty %slisting.php',
    async (kind) => {
      const { store } = world;
      await store.commit(() => store.prepare(`ALTER TABLE ${kind}s RENAME TO lost`).run());
      const { statusCode, body } = await world.app.inject(`/fog/service/${kind}listing.php`);
      expect(statusCode).toBe(200);
      expect(body).toMatch(/^fogd: /);
      expect(body).not.toContain('There are no');
      expect(world.decisions.at(-1)).toMatchObject({ event: 'request-failed', outcome: 'failed' });
    },
  );

  it('a task is completed, failed and re-queued by nobody who only knows its MAC (spec 8.3)', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    const { id } = await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    for (const endpoint of [
      'Post_Wipe.php',
      'Post_Stage2.php',
      'Post_Stage3.php',
      'blame.php',
      'taskerror.php',
    ])
      await world.fos(endpoint, `mac=${MAC}&type=error&text=x`);
    expect(describeTask(world.context, taskById(world.context, id)).state).toBe('Queued');
  });
});
