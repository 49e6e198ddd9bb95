import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import { settle } from '../../virtual-clock.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
const start = async (toml = '') => {
  world = await makeWorld(toml);
  await addHost(world.context, 'pc-1', [MAC], 'test');
  await addHost(world.context, 'pc-2', ['02:00:00:00:00:02'], 'test');
};
beforeEach(() => start());
afterEach(() => world.close());

const OCTETS = { 'content-type': 'application/octet-stream' };
const send = (query: Record<string, string>, payload: string | Buffer | PassThrough = 'MZ', headers = {}) =>
  world.api.inject({
    method: 'POST',
    url: `/api/v1/snapins?${new URLSearchParams(query)}`,
    headers: { ...OCTETS, ...headers },
    payload,
  });
const call = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object) => {
  const answer = await world.api.inject({ method, url: `/api/v1${url}`, ...(body ? { body } : {}) });
  return answer.json() as Record<string, unknown>;
};
const nothing = async () => {
  expect(readdirSync(world.snapins)).toEqual([]);
  expect(await call('GET', '/snapins')).toEqual({ items: [], total: 0 });
};

describe('an upload', () => {
  it('is hashed while it arrives, and is known when it is durable', async () => {
    const answer = await send({ name: 'Zip', file: 'zip.msi', template: 'msi', timeout: '60', hide: 'true' });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      name: 'Zip',
      runWith: 'msiexec.exe',
      runWithArgs: '/i',
      args: '/quiet',
      timeout: 60,
      hide: true,
      size: 2,
      sha512: expect.stringMatching(/^[0-9a-f]{128}$/),
      damage: '',
      hosts: [],
    });
    expect(readdirSync(world.snapins)).toEqual([expect.stringMatching(/^[0-9a-f]{16}-zip\.msi$/)]);
    expect(await call('POST', '/snapins/verify', {})).toEqual([{ name: 'Zip', damage: '' }]);
  });

  it.each([
    ['the name of a folder above', { name: '..', file: 'a.exe' }, 'SNAPIN_NAME_BAD'],
    ['a name with a separator', { name: 'a\\b', file: 'a.exe' }, 'SNAPIN_NAME_BAD'],
    ['a name that Windows shortens', { name: 'a.', file: 'a.exe' }, 'SNAPIN_NAME_BAD'],
    ['a device', { name: 'a', file: 'nul.exe' }, 'SNAPIN_FILE_BAD'],
    ['a file in a folder', { name: 'a', file: '../a.exe' }, 'SNAPIN_FILE_BAD'],
    ['a file of 201 bytes', { name: 'a', file: 'ä'.repeat(101) }, 'SNAPIN_FILE_BAD'],
    ['a line break in the arguments', { name: 'a', file: 'a', args: 'x\r\ny' }, 'SNAPIN_BAD'],
    ['a pack without a program', { name: 'a', file: 'a', pack: 'true' }, 'SNAPIN_BAD'],
    [
      'a template for a pack without one',
      { name: 'a', file: 'a', pack: 'true', template: 'msi' },
      'SNAPIN_BAD',
    ],
    ['a program without a template', { name: 'a', file: 'a', program: 'x' }, 'SNAPIN_BAD'],
    ['a program in quotes', { name: 'a', file: 'a', program: '"x', template: 'msi' }, 'SNAPIN_BAD'],
    ['too long a time-out', { name: 'a', file: 'a', timeout: '2147484' }, 'REQUEST_INVALID'],
    ['an unknown field', { name: 'a', file: 'a', path: '/etc/passwd' }, 'REQUEST_INVALID'],
    ['another SHA-512', { name: 'a', file: 'a', sha512: '0'.repeat(128) }, 'SNAPIN_SHA_WRONG'],
  ])('with %s is refused and leaves nothing', async (_what, query, code) => {
    const answer = await send(query);
    expect(answer.json()).toMatchObject({ title: code });
    await nothing();
  });

  it('without a byte, with less than was told, or as JSON is refused and leaves nothing', async () => {
    expect((await send({ name: 'a', file: 'a' }, '')).json()).toMatchObject({ title: 'SNAPIN_EMPTY' });
    const told = { 'content-length': '7' };
    expect((await send({ name: 'a', file: 'a' }, 'MZ', told)).json()).toMatchObject({ title: 'SNAPIN_CUT' });
    expect(await call('POST', '/snapins?name=a&file=a', { size: 7 })).toMatchObject({
      title: 'REQUEST_INVALID',
    });
    await nothing();
  });

  it('that the disk cannot hold is refused before it is read, by name', async () => {
    const told = { 'content-length': String(2 ** 52) };
    expect((await send({ name: 'a', file: 'a' }, 'MZ', told)).json()).toMatchObject({
      title: 'SNAPINS_DISK_FULL',
      status: 507,
    });
    await nothing();
  });

  it('in which nothing comes for two minutes is cut off, and leaves nothing', async () => {
    const body = new PassThrough();
    body.write('MZ');
    let cut = '';
    send({ name: 'a', file: 'a' }, body).catch((error: unknown) => {
      cut = String(error);
    });
    while (readdirSync(world.snapins).length === 0) await settle();
    // It is not watched while the disk takes its time.
    while (cut === '') await world.clock.advance(121_000);
    expect(cut).toContain('destroyed');
    while (readdirSync(world.snapins).length > 0) await settle();
    await nothing();
  });

  it('under a name that is taken is refused, and two at once are one', async () => {
    const both = await Promise.all([
      send({ name: 'Zip', file: 'a' }),
      send({ name: 'zip', file: 'b' }, 'other'),
    ]);
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409]);
    expect(readdirSync(world.snapins)).toHaveLength(1);
    expect((await send({ name: 'ZIP', file: 'a' })).json()).toMatchObject({ title: 'SNAPIN_EXISTS' });
    expect(readdirSync(world.snapins)).toHaveLength(1);
  });

  it('with a name from before that is refused now is changed as any other', async () => {
    await send({ name: 'Z', file: 'z.msi' });
    await world.context.store.commit(() => world.context.snapins.change(1, { name: '-1' }));
    expect(await call('PATCH', '/snapins/-1', { description: 'old' })).toMatchObject({ description: 'old' });
    expect(await call('PATCH', '/snapins/-1', { name: '-2' })).toMatchObject({ title: 'SNAPIN_NAME_BAD' });
    expect(await call('DELETE', '/snapins/-1')).toMatchObject({ name: '-1' });
  });

  it('whose row may be lost keeps both files: the old one was removed when the change was rolled back', async () => {
    await send({ name: 'Z', file: 'z.msi' });
    const replace = async (file: string) => {
      const url = `/api/v1/snapins/Z/file?file=${file}`;
      return (await world.api.inject({ method: 'PUT', url, headers: OCTETS, payload: 'MZ' })).json().title;
    };
    const files = () => readdirSync(world.snapins).length;
    const broken = Promise.reject(new Error('no sync'));
    broken.catch(() => undefined);
    world.disk.slow = broken;
    expect([await replace('z2.msi'), files()]).toEqual(['STORE_SYNC_FAILED', 2]);
    delete world.disk.slow;
    world.store.db.exec(
      "CREATE TEMP TRIGGER no_entry BEFORE INSERT ON main.audit BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    expect([await replace('z3.msi'), files()]).toEqual(['REQUEST_FAILED', 2]);
    const stored = world.context.snapins.byName('Z')?.stored ?? '';
    expect(readdirSync(world.snapins)).toContain(stored);
  });

  it('replaces a file: the old one is gone, and a protected one stays', async () => {
    await send({ name: 'Zip', file: 'zip.exe' });
    const [old] = readdirSync(world.snapins);
    const url = '/api/v1/snapins/Zip/file?file=zip-2.exe';
    const put = () => world.api.inject({ method: 'PUT', url, headers: OCTETS, payload: 'MZ 2' });
    expect((await put()).json()).toMatchObject({ file: 'zip-2.exe', size: 4 });
    expect(readdirSync(world.snapins)).not.toContain(old);
    await call('PATCH', '/snapins/Zip', { protected: true });
    expect((await put()).json()).toMatchObject({ title: 'SNAPIN_PROTECTED' });
    expect(await call('DELETE', '/snapins/Zip')).toMatchObject({ title: 'SNAPIN_PROTECTED' });
    expect(readdirSync(world.snapins)).toHaveLength(1);
    await call('PATCH', '/snapins/Zip', { protected: false });
    expect(await call('DELETE', '/snapins/Zip')).toMatchObject({ name: 'Zip' });
    await nothing();
  });
});

describe('a pack', () => {
  it('runs a program in it, with the words of the template', async () => {
    const query = {
      name: 'Office',
      file: 'o.zip',
      pack: 'true',
      template: 'powershell-64',
      program: 'in\\go.ps1',
    };
    expect((await send(query)).json()).toMatchObject({
      pack: true,
      runWith: '%SYSTEMROOT%\\sysnative\\windowspowershell\\v1.0\\powershell.exe',
      runWithArgs: '-ExecutionPolicy Bypass -NoProfile -File "[FOG_SNAPIN_PATH]\\in\\go.ps1"',
      args: '',
    });
  });
});

describe('snapins of hosts', () => {
  const take = async () => {
    for (const name of ['A', 'B', 'C']) await send({ name, file: `${name}.exe` });
  };
  beforeEach(take);
  const restart = async (toml: string) => {
    await world.close();
    await start(toml);
    await take();
  };
  const of = async (host: string) =>
    ((await call('GET', `/hosts/${host}/snapins`)) as unknown as { name: string }[]).map(({ name }) => name);

  it('come in the order in which they were given, or in the one that is said', async () => {
    for (const name of ['C', 'A', 'B']) await call('POST', `/snapins/${name}/assign`, { hosts: ['pc-1'] });
    await call('POST', '/snapins/C/assign', { hosts: [MAC] });
    expect(await of('pc-1')).toEqual(['C', 'A', 'B']);
    await call('PUT', '/hosts/pc-1/snapins', { snapins: ['B', 'C'] });
    expect(await of('pc-1')).toEqual(['B', 'C']);
    await call('POST', '/snapins/B/unassign', { hosts: ['pc-1'] });
    expect(await of('pc-1')).toEqual(['C']);
  });

  it('are given to all hosts that are in a group; one that is unknown changes nothing', async () => {
    await addGroup(world.context, 'room', 'test');
    expect(await call('POST', '/snapins/A/assign', { group: 'room' })).toMatchObject({
      title: 'GROUP_EMPTY',
    });
    await changeMembers(world.context, 'room', 'join', ['pc-1', 'pc-2']);
    expect(await call('POST', '/snapins/A/assign', { group: 'room' })).toMatchObject({
      hosts: ['pc-1', 'pc-2'],
    });
    for (const [body, title] of [
      [{ hosts: ['pc-2', 'pc-9'] }, 'HOST_UNKNOWN'],
      [{ group: 'none' }, 'GROUP_UNKNOWN'],
      [{}, 'SNAPIN_NO_HOSTS'],
    ] as const)
      expect(await call('POST', '/snapins/B/assign', body)).toMatchObject({ title });
    expect(await call('PUT', '/hosts/pc-1/snapins', { snapins: ['B', 'X'] })).toMatchObject({
      title: 'SNAPIN_UNKNOWN',
    });
    expect([await of('pc-1'), await of('pc-2')]).toEqual([['A'], ['A']]);
  });

  it('are no more than the limit allows: all that were named get it, or none', async () => {
    await restart('[snapins]\nlimit = 2');
    for (const name of ['A', 'B']) await call('POST', `/snapins/${name}/assign`, { hosts: ['pc-1'] });
    const both = { hosts: ['pc-2', 'pc-1'] };
    expect(await call('POST', '/snapins/C/assign', both)).toMatchObject({
      title: 'SNAPIN_LIMIT',
      status: 409,
      detail: expect.stringContaining('pc-1'),
    });
    expect(await of('pc-2')).toEqual([]);
    // What it has already is no further one.
    expect(await call('POST', '/snapins/A/assign', both)).toMatchObject({ hosts: ['pc-1', 'pc-2'] });
    expect(await call('PUT', '/hosts/pc-2/snapins', { snapins: ['A', 'B', 'C'] })).toMatchObject({
      title: 'SNAPIN_LIMIT',
    });
    expect(await of('pc-2')).toEqual(['A']);
  });

  it('that were more when the limit was lowered stay, and can be put in order and taken away', async () => {
    for (const name of ['A', 'B', 'C']) await call('POST', `/snapins/${name}/assign`, { hosts: ['pc-1'] });
    const lowered = { ...world.context.settings, snapins: { ...world.context.settings.snapins, limit: 1 } };
    Object.assign(world.context, { settings: lowered });
    await call('PUT', '/hosts/pc-1/snapins', { snapins: ['C', 'B', 'A'] });
    expect(await of('pc-1')).toEqual(['C', 'B', 'A']);
    await call('POST', '/snapins/B/unassign', { hosts: ['pc-1'] });
    expect(await of('pc-1')).toEqual(['C', 'A']);
    expect(await call('POST', '/snapins/B/assign', { hosts: ['pc-1'] })).toMatchObject({
      title: 'SNAPIN_LIMIT',
    });
  });

  it('are for other storage nodes too unless that is switched off (FOG: toReplicate)', async () => {
    expect(await call('GET', '/snapins/A')).toMatchObject({ toReplicate: true });
    await send({ name: 'D', file: 'd', toReplicate: 'false' });
    expect(await call('GET', '/snapins/D')).toMatchObject({ toReplicate: false });
    expect(await call('PATCH', '/snapins/D', { toReplicate: true })).toMatchObject({ toReplicate: true });
    expect(await call('GET', '/snapins/D')).toMatchObject({ toReplicate: true });
  });

  it('that are still to run are removed by force only; what has run stays in the history', async () => {
    await call('POST', '/snapins/A/assign', { hosts: ['pc-1'] });
    await createTask(world.context, { host: 'pc-1', type: 'snapins' }, 'test');
    expect(await call('DELETE', '/snapins/A')).toMatchObject({ title: 'SNAPIN_NEEDED' });
    expect(await call('DELETE', '/snapins/A?force=true')).toMatchObject({ name: 'A' });
    const { items } = (await call('GET', '/snapin-tasks?host=pc-1')) as { items: unknown[] };
    expect(items).toMatchObject([
      { snapin: 'A', state: 'Cancelled', details: 'the snapin was removed by cli' },
    ]);
    expect(world.context.tasks.active(1)).toBeUndefined();
  });
});
