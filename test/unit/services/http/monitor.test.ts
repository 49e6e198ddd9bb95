import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assignSnapin } from '#actions/assign-snapins.js';
import { addHost } from '#actions/manage-hosts.js';
import { addSnapin, changeSnapin } from '#actions/manage-snapins.js';
import { createTask } from '#actions/manage-tasks.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import { Census } from '#store/census.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

describe('monitoring', () => {
  it('healthz says that the process lives, and nothing else, whatever fails', async () => {
    world.services.push({ name: 'dhcp', state: 'failed', detail: 'port 67/udp is held', code: 'X' });
    const answer = await world.app.inject({ url: '/healthz', remoteAddress: '10.0.0.9' });
    expect({ status: answer.statusCode, body: answer.body }).toEqual({ status: 200, body: 'ok\n' });
  });

  it('readyz is 503 until all enabled services run, with names and codes but no details', async () => {
    const ready = async () => {
      const { statusCode, body } = await world.app.inject({ url: '/readyz', remoteAddress: '10.0.0.9' });
      return `${statusCode} ${body}`;
    };
    world.services.push(
      { name: 'http', state: 'running', detail: '' },
      { name: 'dhcp', state: 'off', detail: 'dhcp.mode is off' },
      { name: 'images', state: 'degraded', detail: 'only 3 MiB are left' },
    );
    expect(await ready()).toBe('200 ready\n');
    const detail = 'port 2049/tcp is held by socat (pid 812)';
    world.services.push(
      { name: 'nfs', state: 'failed', detail, remedy: 'stop it', code: 'NFS_PORT_TAKEN' },
      { name: 'tftp', state: 'starting', detail: '' },
    );
    expect(await ready()).toBe('503 nfs: NFS_PORT_TAKEN\ntftp: starting\n');
  });

  it('metrics are told to other machines with a token for them, over HTTPS or where HTTP is allowed', async () => {
    const ask = async (token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await world.app.inject({ url: '/metrics', remoteAddress: '10.0.0.9', headers })).statusCode;
    };
    const { context } = world;
    const right = await addToken(context, { name: 'prometheus', scopes: ['metrics:read'] }, OWNER);
    const wrong = await addToken(context, { name: 'other', scopes: ['hosts:read'] }, OWNER);
    expect(await ask(right.token)).toBe(403);
    await world.close();
    world = await makeWorld('[api]\nallow_http = true\n');
    const again = await addToken(world.context, { name: 'prometheus', scopes: ['metrics:read'] }, OWNER);
    const other = await addToken(world.context, { name: 'other', scopes: ['hosts:read'] }, OWNER);
    expect(await ask(again.token)).toBe(200);
    expect([await ask(), await ask(wrong.token), await ask(other.token)]).toEqual([401, 401, 403]);
  });

  it.each([
    ['127.0.0.1', 200],
    ['::ffff:127.0.0.1', 200],
    ['::1', 200],
    ['10.0.0.9', 403],
    ['::ffff:10.0.0.9', 403],
    ['fd77::127.0.0.1', 403],
  ])('metrics are told to %s: %i', async (remoteAddress, status) => {
    const forwarded = { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' };
    const answer = await world.app.inject({ url: '/metrics', remoteAddress, headers: forwarded });
    expect(answer.statusCode).toBe(status);
    expect(answer.body.includes('metrics\n') && status !== 200).toBe(false);
  });
});

describe('census', () => {
  it('counts tasks, sessions, leases and hosts, zeros included', async () => {
    const { context } = world;
    const census = new Census(world.store);
    expect(census.sessions()).toEqual({ deploy: 0, capture: 0, recovery: 0, plain: 0 });
    await addHost(context, 'pc', [MAC], 'test');
    await createTask(context, { host: 'pc', type: 'inventory' }, 'test');
    const machine = await world.boot();
    await machine.head();
    const lease = (address: number, more: object) => ({
      ...{ address, mac: MAC, clientId: undefined, hostname: undefined, state: 'bound' as const },
      ...{ grantedAt: 1, expiresAt: 100 },
      ...more,
    });
    await context.leases.save([lease(1, {}), lease(2, { expiresAt: 10 }), lease(3, { state: 'declined' })]);
    expect(census.tasks()).toEqual({ Queued: 0, 'Checked In': 0, 'In-Progress': 1 });
    expect(census.sessions()).toEqual({ deploy: 0, capture: 0, recovery: 0, plain: 1 });
    expect(census.leases(50)).toEqual({ bound: 1, expired: 1, released: 0, declined: 1 });
    expect(census.hosts()).toBe(1);
  });

  it('counts snapins and what hosts are still to run of them, zeros included', async () => {
    const { context } = world;
    const census = new Census(world.store);
    expect(census.snapins()).toEqual({ whole: 0, disabled: 0, damaged: 0 });
    expect(census.snapinTasks()).toEqual({ Queued: 0, 'Checked In': 0, 'In-Progress': 0 });
    await addHost(context, 'pc', [MAC], 'test');
    for (const name of ['a', 'b', 'c']) {
      const source = (async function* () {
        yield Buffer.from('MZ');
      })();
      await addSnapin(context, { name, file: name }, { source }, 'test');
      await assignSnapin(context, name, 'assign', { hosts: ['pc'] });
    }
    await changeSnapin(context, 'b', { enabled: false });
    await createTask(context, { host: 'pc', type: 'snapins' }, 'test');
    await context.store.commit(() => context.snapins.change(3, { damage: 'its file is gone' }));
    expect(census.snapins()).toEqual({ whole: 1, disabled: 1, damaged: 1 });
    expect(census.snapinTasks()).toEqual({ Queued: 2, 'Checked In': 0, 'In-Progress': 0 });
  });
});

describe('status', () => {
  it('tells who is served: tasks at work, sessions, what waits', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    const ask = async () => (await world.api.inject({ url: '/api/v1/status' })).json() as object;
    expect(await ask()).toMatchObject({ tasks: { working: 0, waiting: 0, ordered: 1 }, sessionCount: 0 });
    const machine = await world.boot();
    await machine.head();
    await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=`);
    expect(await ask()).toMatchObject({
      tasks: { working: 1, waiting: 0, ordered: 0 },
      working: [{ host: 'pc', state: 'In-Progress' }],
      sessions: [{ host: 'pc', mac: MAC, kind: 'plain', address: '127.0.0.1' }],
      disks: [{ what: 'state' }],
      failures: [],
    });
  });
});
