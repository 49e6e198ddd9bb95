import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeClientSettings, tellSecrets } from '#actions/manage-client-settings.js';
import { changeDomainDefaults } from '#actions/manage-domain-defaults.js';
import { changeHost } from '#actions/manage-hosts.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import type { World } from '../services/http/world.js';
import { knownClient, makeClientWorld, PC_MAC } from './client-world.js';
import type { FogClient } from './fog-client.js';

/** Passwords and product keys leave fogd in one way: sealed, to the client of their host, in the hours in which they are wanted. */

const PASSWORD = 'Kw7-domain-secret';
const KEY = 'QQQQQ-WWWWW-EEEEE-RRRRR-TTTTT';
let world: World;
let client: FogClient;
beforeEach(async () => {
  world = await makeClientWorld();
  client = await knownClient(world);
  await changeHost(world.context, 'PC', { productKey: KEY });
  await changeClientSettings(world.context, 'PC', {
    ...{ joinDomain: true, domain: 'example.org', domainUser: 'joiner', domainPassword: PASSWORD },
  });
  await changeDomainDefaults(world.context, { domain: 'example.org', domainPassword: PASSWORD });
  await tellSecrets(world.context, 'PC', 'ada');
  await client.cycle();
});
afterEach(() => world.close());

const HIDDEN = /Kw7-domain-secret|QQQQQ|qqqqq/;

describe('password and product key', () => {
  it('are told to the client, sealed', () => {
    expect(client.told?.hostnamechanger).toMatchObject({ ADPass: PASSWORD, Key: KEY });
  });

  it('are in no answer of a route to who names a MAC, with whatever method and form', async () => {
    const query = new URLSearchParams({
      ...{ sub: 'requestClientInfo', mac: PC_MAC, mac0: PC_MAC, hostname: 'PC', host: 'PC', key: 'PC' },
      ...{ moduleid: 'hostnamechanger', newService: '1', json: '1', type: 'down', taskid: '1', id: '1' },
    }).toString();
    const machineRoutes = (await world.routes()).filter(
      ({ place, method, url }) => place === 'network' && method !== 'HEAD' && !url.startsWith('/api'),
    );
    expect(machineRoutes.length).toBeGreaterThan(40);
    for (const { method, url } of machineRoutes) {
      const path = url.replaceAll(/:(\w+)/g, 'PC').replace('*', 'default.ipxe');
      const answer = await world.app.inject({
        method: method as 'GET',
        url: `${path}?${query}`,
        remoteAddress: '10.66.0.1',
        ...(method === 'POST'
          ? { payload: query, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
          : {}),
      });
      expect(answer.body, `${method} ${url}`).not.toMatch(HIDDEN);
    }
  });

  it('are in no answer of the API, to whatever token, and in no audit entry, story or row', async () => {
    const { token } = await addToken(world.context, { name: 'reader', scopes: ['*:read'] }, OWNER);
    const reads = (await world.routes()).filter(
      ({ place, method, url }) =>
        place === 'network' && method === 'GET' && url.startsWith('/api/v1') && !url.endsWith('/events'),
    );
    expect(reads.length).toBeGreaterThan(20);
    for (const { url } of reads) {
      const path = url
        .replaceAll(':key', 'PC')
        .replaceAll(':mac', PC_MAC)
        .replaceAll(/:(\w+)/g, '1');
      for (const app of [world.app, world.api]) {
        const answer = await app.inject({
          url: path,
          remoteAddress: '127.0.0.1',
          headers: { authorization: `Bearer ${token}` },
        });
        expect(answer.body, url).not.toMatch(HIDDEN);
      }
    }
    for (const url of ['/api/v1/hosts/PC/client/settings', '/api/v1/client/domain-defaults']) {
      const set = await world.api.inject({ method: 'PATCH', url, payload: { domainPassword: PASSWORD } });
      expect([set.statusCode, set.body]).toEqual([200, expect.not.stringMatching(HIDDEN)]);
    }
    const audit = (await world.api.inject('/api/v1/audit')).body;
    expect(audit.match(/domainPassword=\(secret\)/g)).toHaveLength(2);
    expect(audit + JSON.stringify(world.decisions)).not.toMatch(HIDDEN);
    const { db } = world.store;
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .pluck()
      .all() as string[];
    for (const table of tables) {
      const rows = db.prepare(`SELECT * FROM "${table}"`).all();
      const text = rows
        .map((row) =>
          Object.values(row as object)
            .map((cell) => (Buffer.isBuffer(cell) ? cell.toString('latin1') : String(cell)))
            .join(' '),
        )
        .join('\n');
      expect(text, table).not.toContain(PASSWORD);
    }
  });
});
