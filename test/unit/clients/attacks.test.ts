import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import type { World } from '../services/http/world.js';
import { knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import type { FogClient } from './fog-client.js';

/** FOG's published vulnerabilities (spec cve-list), replayed on the routes of FOG Client. */

const PRODUCT_KEY = 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE';
let world: World;
let client: FogClient;
beforeAll(async () => {
  world = await makeClientWorld();
  client = await knownClient(world);
  await client.cycle();
  await changeHost(world.context, 'PC', { productKey: PRODUCT_KEY });
  await createTask(world.context, { host: 'PC', type: 'inventory' }, 'test');
});
afterAll(() => world.close());

const TABLES = ['hosts', 'host_macs', 'client_trust', 'client_modules_off', 'tasks', 'task_transitions'];
const everything = () =>
  JSON.stringify(TABLES.map((table) => world.store.db.prepare(`SELECT * FROM ${table}`).all()));
const get = (path: string, address = '10.66.0.1') => transportOf(world, address)('GET', path);
const INFO = '/management/index.php?sub=requestClientInfo';

/** Each route of FOG Client, as anybody may call it who knows a MAC. */
interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}
const CALLS: readonly Call[] = [
  { method: 'GET', path: `${INFO}&mac=${PC_MAC}` },
  { method: 'POST', path: INFO, body: `mac=${PC_MAC}` },
  { method: 'GET', path: `${INFO}&authorize&mac=${PC_MAC}&sym_key=00&token=00` },
  { method: 'POST', path: `${INFO}&authorize`, body: `mac=${PC_MAC}&sym_key=00&token=00` },
  { method: 'GET', path: `${INFO}&configure&mac=${PC_MAC}` },
  { method: 'GET', path: `/service/jobs.php?mac=${PC_MAC}` },
  { method: 'POST', path: '/service/jobs.php', body: `mac=${PC_MAC}` },
  { method: 'GET', path: `/service/usertracking.report.php?mac=${PC_MAC}&action=login` },
  { method: 'GET', path: `/service/register.php?hostname=PC&mac=${PC_MAC}` },
  { method: 'POST', path: '/service/register.php', body: `hostname=OTHER&mac=${PC_MAC}` },
];
const RESETS = '&delconf=1&approveconf=1&sec_tok=&pub_key=&reset=1&action=clearAES&id=1&hostID=1&key=X';

describe('CVE-2026-47688: a call without proof clears encryption data or tasks', () => {
  it.each(CALLS)('$method $path changes nothing', async ({ method, path, body }) => {
    const before = everything();
    const { status } = await transportOf(world, '10.66.0.1')(
      method,
      `${path}${path.includes('?') ? '' : '?x'}${RESETS}`,
      body === undefined ? undefined : `${body}${RESETS}`,
    );
    expect(status).toBe(200);
    expect(everything()).toBe(before);
    const { handshakes } = client;
    await client.cycle();
    expect([client.handshakes, client.log]).toEqual([handshakes, []]);
  });
});

describe('CVE-2024-41108: secrets to who knows a MAC', () => {
  it.each(CALLS)('$method $path says none', async ({ method, path, body }) => {
    const { body: answer } = await transportOf(world, '10.66.0.1')(method, path, body);
    expect(answer).not.toContain('BBBBB');
    expect(answer).toMatch(/^(#!enkey=[0-9a-f|]+|#!ihc|\{.*\})$/);
  });
});

describe('CVE-2023-46236, CVE-2026-24138: requests on behalf of a caller', () => {
  it.each([
    ['/service/getversion.php?newService=1', /^\d+\.\d+\.\d+/],
    ['/service/getversion.php?clientver', /^0\.0\.0$/],
    [`${INFO}&configure`, /"bannerURL":""/],
    [`${INFO}&mac=${PC_MAC}`, /^#!enkey=/],
  ])('%s calls nobody', async (path, answer) => {
    let calls = 0;
    const target = createServer((socket) => {
      calls++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
    expect((await get(`${path}&url=${url}&bannerURL=${url}&file=${url}`)).body).toMatch(answer);
    await new Promise((resolve) => target.close(resolve));
    expect(calls).toBe(0);
  });
});

describe('CVE-2023-46237, CVE-2024-39914: names below management', () => {
  it.each([
    '/management/export.php?filename=$(id)&type=pdf',
    '/management/other/../../../../etc/passwd',
    '/management/other/ssl/.srvprivate.key',
    '/management/other/ssl/srvprivate.key',
    '/management/other/ca.pem',
    '/management/other/banner.png',
    '/management/index.php',
    '/management/index.php?sub=login',
    '/management/',
  ])('%s is not there, and says no more than that', async (path) => {
    const answer = await get(path);
    expect([answer.status, answer.body]).toEqual([404, 'not found\n']);
  });
});

describe('CVE-2026-47687, CVE-2026-47689: text of clients', () => {
  it('that says who it is reaches neither store nor story', async () => {
    const markup = encodeURIComponent('<img src=x onerror=alert(1)>');
    await get(`/service/register.php?hostname=${markup}&mac=00:11:22:33:44:99`);
    await get(`${INFO}&mac=${markup}`);
    await transportOf(world)('POST', `${INFO}&authorize`, `mac=${markup}&sym_key=${markup}&token=${markup}`);
    expect(everything() + JSON.stringify(world.decisions)).not.toContain('<img');
  });
});
