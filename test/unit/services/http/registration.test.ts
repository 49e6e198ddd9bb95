import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changeDomainDefaults } from '#actions/manage-domain-defaults.js';
import { addGroup, changeMembers, createGroupTasks } from '#actions/manage-groups.js';
import { addHost, removeHost } from '#actions/manage-hosts.js';
import { addImage, changeImage } from '#actions/manage-images.js';
import { addSnapin, changeSnapin } from '#actions/manage-snapins.js';
import { hashPassword } from '#login/password.js';
import { writeSmallImage } from './small-image.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

/** Registration with all it may bring (spec fos-protocol 3.10 to 3.15), groups, and what a machine was made of before. */
const PASSWORD = 'correct horse';
let hash: string;
let world: World;

beforeAll(async () => {
  hash = await hashPassword(PASSWORD);
});
beforeEach(() => start());
afterEach(() => world.close());

async function start(registration = ''): Promise<void> {
  world = await makeWorld(`[images]\nreserve_mib = 0\n[registration]\n${registration}`);
  await world.context.store.commit(() => world.context.users.add('ada', hash, 0, 'test'));
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'base'));
  await addGroup(world.context, 'room 12', 'test');
}
async function restart(registration: string): Promise<void> {
  await world.close();
  await start(registration);
}

const quick = (macs = MAC, more = '') =>
  world.fos('auto.register.php', `sysserial=${b64('s')}&sysuuid=&mac=${b64(macs)}&productKey=${more}`);
const full = (fields: Record<string, string>) => {
  const all = { mac: b64(MAC), advanced: 'MQ==', host: b64('lab-7'), imageid: '0', ...fields };
  return world.fos(
    'auto.register.php',
    Object.entries(all)
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
  );
};
const host = () => world.context.hosts.list()[0];
async function* bytes() {
  yield Buffer.from('MZ');
}
const snapins = async (...names: string[]) => {
  for (const name of names)
    await addSnapin(world.context, { name, file: `${name}.exe` }, { source: bytes() }, 'test');
};
const snapinsOf = (hostId: number) => world.context.snapins.ofHost(hostId).map(({ name }) => name);
const groupsOf = (hostId: number) =>
  world.context.groups.list().filter(({ id }) => world.context.groups.members(id).includes(hostId));

describe('quick registration', () => {
  it('gives image, group and a deploy as the settings say', async () => {
    await restart('image = "BASE"\ngroup = "Room 12"\ndeploy = true');
    expect(await quick()).toBe('Done, with imaging');
    expect(host()).toMatchObject({ imageId: 1, pending: false });
    expect(groupsOf(host()?.id ?? 0).map(({ name }) => name)).toEqual(['room 12']);
    expect(world.context.tasks.page({}).items).toMatchObject([
      { typeId: 1, imageId: 1, createdBy: 'registration' },
    ]);
    expect((await world.boot()).script).toContain(' type=down ');
  });

  it('registers the machine also where it cannot deploy, and says why', async () => {
    await restart('deploy = true');
    expect(await quick()).toBe('Done, without imaging! No image assigned.');
    expect(host()?.name).toBe('001122334455');
  });

  it('makes hosts that wait for approval, and can have no task before', async () => {
    await restart('image = "base"\ndeploy = true\napprove = true');
    expect(await quick()).toMatch(/^Done, without imaging! .*waits for approval/);
    expect(host()?.pending).toBe(true);
    expect((await world.boot()).script).toContain('Host is pending approval!');
    expect(await world.fos('inventory.php', `mac=${MAC}&sysman=QUNNRQo=`)).toBe('Invalid Host');
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'inventory-dropped',
      outcome: 'answered',
      reasons: [expect.stringMatching(/^host .* waits for approval$/)],
    });
  });

  it('takes no MAC of a docking station', async () => {
    await restart('ignore_macs = ["00:E0:4C"]');
    expect(await quick('00:e0:4c:00:00:01')).toBe('Invalid MAC Address!');
    expect(await quick(`00:e0:4c:00:00:01|${MAC}`)).toBe('Done');
    expect(host()?.macs.map(({ mac }) => mac)).toEqual([MAC]);
  });

  it('keeps a product key of the firmware', async () => {
    await quick(MAC, b64('ABCDE-12345-ABCDE-12345-ABCDE'));
    expect(host()?.productKey).toBe('ABCDE-12345-ABCDE-12345-ABCDE');
    expect(world.decisions.some((decision) => JSON.stringify(decision).includes('ABCDE'))).toBe(false);
  });
});

describe('full registration', () => {
  const login = { username: b64('ada'), password: b64(PASSWORD) };

  it('takes image and groups by their numbers, and deploys for who may log in', async () => {
    const body = await full({ imageid: b64('1'), groupid: b64('1,99,x'), doimage: 'MQ==', ...login });
    expect(body).toBe('Done, with imaging');
    expect(host()).toMatchObject({ name: 'lab-7', imageId: 1 });
    expect(groupsOf(host()?.id ?? 0)).toHaveLength(1);
    expect(world.context.tasks.page({}).items).toMatchObject([{ typeId: 1, createdBy: 'ada' }]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['without a wish to deploy', { imageid: b64('1') }, 'Done, without imaging!'],
    ['without image', { doimage: 'MQ==', ...login }, 'Done, without imaging! No image assigned.'],
    [
      'of an unknown image',
      { imageid: b64('77'), doimage: 'MQ==', ...login },
      'Done, without imaging! No image assigned.',
    ],
    [
      'with a wrong password',
      { imageid: b64('1'), doimage: 'MQ==', username: b64('ada'), password: b64('x') },
      'Done, without imaging! Invalid Login.',
    ],
    [
      'with no login at all (FOG 1.5 takes it)',
      { imageid: b64('1'), doimage: 'MQ==' },
      'Done, without imaging! Invalid Login.',
    ],
  ])('%s registers and deploys nothing', async (_, fields, answer) => {
    expect(await full(fields)).toBe(answer);
    expect(host()?.name).toBe('lab-7');
    expect(world.context.tasks.page({}).items).toEqual([]);
  });

  it('takes snapins by their numbers, in the order in which they were typed', async () => {
    await snapins('Zip', 'Office', 'Editor');
    expect(await full({ snapinid: b64('3,,01,3') })).toBe('Done, without imaging!');
    expect(snapinsOf(host()?.id ?? 0)).toEqual(['Editor', 'Zip']);
  });

  it('runs them after the deploy that was asked for with them', async () => {
    await snapins('Zip');
    const wish = { imageid: b64('1'), snapinid: b64('1'), doimage: 'MQ==', ...login };
    expect(await full(wish)).toBe('Done, with imaging');
    const job = world.context.snapinTasks.openJob(host()?.id ?? 0);
    expect(world.context.snapinTasks.open(job?.id ?? 0)).toMatchObject([{ snapin: 'Zip', createdBy: 'ada' }]);
  });

  it.each([
    ['the digit that means none', '0'],
    ['nothing', ''],
    ['the digit as text', b64('0')],
  ])('with %s for snapins gives none', async (_, snapinid) => {
    await snapins('Zip');
    expect(await full({ snapinid })).toBe('Done, without imaging!');
    expect(snapinsOf(host()?.id ?? 0)).toEqual([]);
  });

  it('tells in the story what it could not do', async () => {
    const wish = { imageid: b64('8'), groupid: b64('1,99,x'), snapinid: b64('7'), doad: 'MQ==' };
    await full({ ...wish, productKey: b64('ABCDE-1234') });
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'registered',
      outcome: 'answered',
      reasons: [
        'there is no image 8',
        'there is no group 99',
        'there is no group x',
        'there is no snapin 7',
        'what was typed is no product key',
        expect.stringContaining('the host lab-7 cannot join a domain'),
      ],
    });
  });

  it('with more snapins than the limit makes no host, as with FOG', async () => {
    await restart('[snapins]\nlimit = 2');
    await snapins('a', 'b', 'c');
    expect(await full({ snapinid: b64('1,2,3') })).toBe('You are only allowed to assign 2 snapins per host');
    expect(host()).toBeUndefined();
    expect(await full({ snapinid: b64('1,2') })).toBe('Done, without imaging!');
    expect(snapinsOf(host()?.id ?? 0)).toEqual(['a', 'b']);
  });

  it('joins the domain of the defaults where the operator wishes that, and says in the story where it cannot', async () => {
    expect(await full({ doad: 'MQ==' })).toBe('Done, without imaging!');
    const joined = () => world.context.clientSettings.get(host()?.id ?? 0).joinDomain;
    expect(joined()).toBe(false);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'registered',
      reasons: [expect.stringContaining('cannot join a domain')],
    });
    await removeHost(world.context, 'lab-7');
    await changeDomainDefaults(world.context, {
      ...{ domain: 'example.org', domainUser: 'joiner', domainPassword: 'of the joiner' },
    });
    await full({ doad: '' });
    expect(joined()).toBe(false);
    await removeHost(world.context, 'lab-7');
    await full({ doad: 'MQ==' });
    expect(joined()).toBe(true);
    expect(world.decisions.at(-1)).toMatchObject({ event: 'registered', reasons: [] });
  });

  it('of a disabled image says so', async () => {
    await changeImage(world.context, 'base', { enabled: false }, 'test');
    expect(await full({ imageid: b64('1'), doimage: 'MQ==', ...login })).toBe(
      'Done, without imaging! Image is not enabled.',
    );
  });
});

describe('listings', () => {
  const get = async (name: string) => (await world.app.inject({ url: `/fog/service/${name}` })).body;

  it('have numbers and names, with literal escapes (spec 3.13)', async () => {
    await addImage(world.context, { name: 'Windows 11 (2025)' }, 'test');
    await addImage(world.context, { name: 'off' }, 'test');
    await changeImage(world.context, 'off', { enabled: false }, 'test');
    expect(await get('imagelisting.php')).toBe('\\tID# 1\\t-\\tbase\\n\\tID# 2\\t-\\tWindows 11 (2025)\\n');
    expect(await get('grouplisting.php')).toBe('\\tID# 1\\t-\\troom 12\\n');
  });

  it('of snapins have the enabled ones', async () => {
    await snapins('7-Zip', 'Reader [de]', 'off');
    await changeSnapin(world.context, 'off', { enabled: false });
    const body = await get('snapinlisting.php');
    expect(body).toBe('\\tID# 1\\t-\\t7-Zip\\n\\tID# 2\\t-\\tReader _de_\\n');
    // As FOS shows it, without quotes (its fog.man.reg), in a folder with files that a name could stand for.
    const shown = execFileSync('bash', ['-c', 'echo -e $1', 'fog.man.reg', body], { cwd: world.snapins });
    expect(shown.toString()).toBe('\tID# 1\t-\t7-Zip\n\tID# 2\t-\tReader _de_\n\n');
  });

  it.each([
    ['snapinlisting.php', 'There are no snapins on this server'],
    ['locationlisting.php', 'There are no locations on this server'],
    ['oulisting.php', 'There are no ous on this server'],
    ['locationcheck.php', ''],
    ['oucheck.php', ''],
  ])('%s', async (name, body) => {
    expect(await get(name)).toBe(body);
  });
});

describe('a group', () => {
  it('has a task ordered for each of its hosts; one that cannot have it keeps no other from it', async () => {
    for (const [name, mac] of [
      ['one', MAC],
      ['two', '02:00:00:00:00:02'],
      ['three', '02:00:00:00:00:03'],
    ] as const)
      await addHost(world.context, name, [mac], 'test');
    await changeMembers(world.context, 'room 12', 'join', ['one', 'two', 'three']);
    await createGroupTasks(world.context, 'room 12', { type: 'deploy', image: 'base' }, 'test');
    await changeMembers(world.context, 'room 12', 'leave', ['three']);
    await addHost(world.context, 'four', ['02:00:00:00:00:04'], 'test');
    await changeMembers(world.context, 'room 12', 'join', ['four']);
    const answer = await world.api.inject({
      method: 'POST',
      url: '/api/v1/groups/room%2012/tasks',
      payload: { type: 'deploy', image: 'base' },
    });
    expect(answer.json()).toMatchObject({
      tasks: [{ host: 'four', state: 'Queued' }],
      refused: [
        { host: 'one', reason: expect.stringContaining('has an active task') },
        { host: 'two', reason: expect.stringContaining('has an active task') },
      ],
    });
  });

  it.each<[string, 'GET' | 'POST' | 'DELETE', string, object | undefined, number, string]>([
    ['no name', 'POST', '/groups', { name: ' ' }, 400, 'GROUP_NAME_BAD'],
    ['a name with a bracket', 'POST', '/groups', { name: 'a[b' }, 400, 'GROUP_NAME_BAD'],
    ['a name twice', 'POST', '/groups', { name: 'ROOM 12' }, 409, 'GROUP_EXISTS'],
    ['a group that is not there', 'GET', '/groups/none', undefined, 404, 'GROUP_UNKNOWN'],
    ['a host that is not there', 'POST', '/groups/room%2012/join', { hosts: ['none'] }, 404, 'HOST_UNKNOWN'],
    ['a group without hosts', 'POST', '/groups/room%2012/tasks', { type: 'inventory' }, 409, 'GROUP_EMPTY'],
  ])('%s is refused', async (_, method, path, payload, status, title) => {
    const answer = await world.api.inject({ method, url: `/api/v1${path}`, ...(payload ? { payload } : {}) });
    expect({ status: answer.statusCode, ...(answer.json() as object) }).toMatchObject({ status, title });
    expect(world.context.groups.list()).toHaveLength(1);
  });
});

describe('an inventory', () => {
  it('keeps what was reported before, when it changes', async () => {
    await quick();
    const report = (serial: string) => world.fos('inventory.php', `mac=${b64(MAC)}&sysserial=${b64(serial)}`);
    for (const serial of ['a', 'a', 'b', 'c']) {
      expect(await report(serial)).toBe('Done');
      await world.clock.advance(1000);
    }
    const history = world.context.inventory.history(host()?.id ?? 0);
    expect(history.map(({ reported }) => reported.sysserial)).toEqual(['b', 'a']);
    for (let time = 0; time < 30; time++) await report(`x${time}`);
    expect(world.context.inventory.history(host()?.id ?? 0)).toHaveLength(20);
  });
});
