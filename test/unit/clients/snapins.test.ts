import { once } from 'node:events';
import { appendFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assignSnapin, setHostSnapins } from '#actions/assign-snapins.js';
import { switchClientModule } from '#actions/manage-clients.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import {
  addSnapin,
  changeSnapin,
  removeSnapin,
  replaceSnapinFile,
  type SnapinFields,
} from '#actions/manage-snapins.js';
import { cancelTask, createTask, describeTask } from '#actions/manage-tasks.js';
import { cancelSnapinTask, listSnapinTasks } from '#actions/snapin-history.js';
import { verifySnapins } from '#actions/verify-snapins.js';
import { expectGolden } from '../golden.js';
import { writeSmallImage } from '../services/http/small-image.js';
import type { World } from '../services/http/world.js';
import { installClient, knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import type { FogClient, Transport } from './fog-client.js';
import { overSocket, runSnapins, type SnapinClientOptions, type SnapinCycle } from './snapin-client.js';
import { moduleProblems } from './strict-json.js';

let world: World;
let client: FogClient;
let transport: Transport;
const start = async (toml = '') => {
  world = await makeClientWorld(`[images]\nreserve_mib = 0\n${toml}`);
  client = await knownClient(world);
  transport = await overSocket(world);
};
beforeEach(() => start());
afterEach(() => world.close());

async function* bytes(text: string) {
  yield Buffer.from(text);
}
const add = async (name: string, more: SnapinFields = {}) => {
  const file = `${name.toLowerCase()}.exe`;
  await addSnapin(world.context, { name, file, ...more }, { source: bytes(`MZ ${name}`) }, 'ada');
  await assignSnapin(world.context, name, 'assign', { hosts: ['PC'] });
};
const order = (type: 'snapins' | 'snapin' = 'snapins', more = {}) =>
  createTask(world.context, { host: 'PC', type, ...more }, 'ada');
/** One cycle of the client, with what it does about snapins. */
const cycle = async (
  run: SnapinClientOptions['run'] = () => 0,
  more: Partial<SnapinClientOptions> = {},
): Promise<SnapinCycle> => {
  await client.cycle();
  return runSnapins(told(), { transport, macs: PC_MAC.toUpperCase(), run, ...more });
};
const tasks = () => listSnapinTasks(world.context, { sort: 'createdAt' }).items;
const told = () => client.told?.snapinclient;
const history = () =>
  tasks().map(({ snapin, state, exitCode, details }) =>
    `${snapin}: ${state} ${exitCode ?? '-'} ${details}`.trimEnd(),
  );
const active = () => {
  const task = world.context.tasks.active(world.context.hosts.byName('PC')?.id ?? 0);
  return task && describeTask(world.context, task);
};
const file = (of: string) => {
  const name = readdirSync(world.snapins).find((one) => one.endsWith(`-${of}`));
  return join(world.snapins, name ?? 'none');
};

describe('all snapins of a host', () => {
  it('are told in the order of the host, with the types that the client takes', async () => {
    await add('Zip', { args: '/S', runWith: 'msiexec.exe', runWithArgs: '/i', timeout: 60, hide: true });
    await add('Pack', { template: 'batch', program: 'do it.cmd', action: 'reboot' });
    await setHostSnapins(world.context, 'PC', ['Pack', 'Zip']);
    const sizes = world.context.random;
    let next = 0;
    Object.assign(world.context, { random: (count: number) => Buffer.alloc(count, ++next) });
    await order();
    await client.cycle();
    Object.assign(world.context, { random: sizes });
    expect(moduleProblems(client.told ?? {})).toEqual([]);
    // Of a session key that the client made.
    const text = JSON.stringify(told(), null, 2).replaceAll(/\/x\/[\w-]{22}"/g, '/x/SECRET"');
    expectGolden('test/fixtures/client/snapins.json', `${text}\n`);
    expect(client.log).toEqual([]);
  });

  it.each(['fog.school.example', 'fog.school.example:8080', '[fd00::1]'])(
    'bug: a client that came to %s was told to fetch them from an address that its certificate may not name',
    async (host) => {
      await add('One');
      await order();
      const named = await installClient(world, { transport: transportOf(world, '10.0.0.50', host) });
      Object.assign(named, { token: client.token, key: client.key });
      await named.cycle();
      const [entry] = (named.told?.snapinclient?.snapins ?? []) as { url: string }[];
      expect(entry?.url.replace(/[\w-]{22}$/, 'SECRET')).toBe(`http://${host}/fog/x/SECRET`);
    },
  );

  it('are fetched, run and reported, and the task is complete with the last', async () => {
    await add('One');
    await add('Two');
    expect((await order()).typeId).toBe(12);
    expect(history()).toEqual(['One: Queued -', 'Two: Queued -']);
    const seen: string[] = [];
    const ran = await cycle((entry, content) => {
      seen.push(`${entry.filename} ${content.toString()} ${active()?.state}`);
      return entry.name === 'One' ? 3010 : 0;
    });
    expect(ran).toEqual({
      ran: ['One', 'Two'],
      reports: ['{"error":"ok"}', '{"error":"ok"}'],
      powerAction: '',
    });
    expect(seen).toEqual(['one.exe MZ One In-Progress', 'two.exe MZ Two In-Progress']);
    expect(history()).toEqual(['One: Complete 3010', 'Two: Complete 0']);
    expect(active()).toBeUndefined();
    await client.cycle();
    expect(told()).toEqual({ error: 'ns' });
  });

  it('stop at one that restarts the machine, and go on after it', async () => {
    await add('One', { action: 'reboot' });
    await add('Two');
    await order();
    expect(await cycle()).toMatchObject({ ran: ['One'], powerAction: 'reboot' });
    expect(await cycle()).toMatchObject({ ran: ['Two'] });
    expect(active()).toBeUndefined();
  });

  it('ordered once more take the place of what is open, with the code of FOG', async () => {
    await add('One');
    await add('Two');
    const first = await order();
    await cycle((entry) => (entry.name === 'One' ? 0 : 'silent'));
    await order();
    expect(history()).toEqual([
      'One: Complete 0',
      'Two: Cancelled -9999 Cancelled due to new tasking.',
      'One: Queued -',
      'Two: Queued -',
    ]);
    expect(describeTask(world.context, world.context.tasks.byId(first.id) ?? first).state).toBe('Cancelled');
  });

  it('without any are refused; those that are disabled are left out', async () => {
    await expect(order()).rejects.toMatchObject({ code: 'SNAPINS_NONE' });
    await add('One', { enabled: false });
    await expect(order()).rejects.toMatchObject({ code: 'SNAPINS_NONE' });
    await expect(order('snapin', { snapin: 'One' })).rejects.toMatchObject({ code: 'SNAPIN_DISABLED' });
    await expect(order('snapin')).rejects.toMatchObject({ code: 'SNAPIN_NOT_NAMED' });
    await expect(order('snapin', { snapin: 'Two' })).rejects.toMatchObject({ code: 'SNAPIN_UNKNOWN' });
  });
});

describe('a single snapin', () => {
  it('need not be one of the host; another joins it, and both are one task', async () => {
    await add('One');
    await add('Two');
    await setHostSnapins(world.context, 'PC', []);
    const first = await order('snapin', { snapin: 'One' });
    const second = await order('snapin', { snapin: 'Two' });
    expect(second).toMatchObject({ id: first.id, typeId: 12 });
    await order('snapin', { snapin: 'Two' });
    expect(await cycle()).toMatchObject({ ran: ['One', 'Two'] });
  });

  it('cancelled by itself leaves the others; cancelled with its task leaves none, and reports are refused', async () => {
    await add('One');
    await add('Two');
    await order();
    await client.cycle();
    const [, two] = tasks();
    await cancelSnapinTask(world.context, two?.id ?? 0, 'ada');
    await expect(cancelSnapinTask(world.context, two?.id ?? 0, 'ada')).rejects.toMatchObject({
      code: 'SNAPIN_TASK_OVER',
    });
    const before = { ...told() };
    expect(await cycle(() => 'silent')).toMatchObject({ ran: ['One'] });
    await cancelTask(world.context, 'PC', 'ada');
    expect(history()).toEqual(['One: Cancelled -1 cancelled by ada', 'Two: Cancelled - cancelled by ada']);
    const late = await runSnapins(before, { transport, macs: PC_MAC, run: () => 0 });
    expect(late).toMatchObject({ ran: [], reports: ['{"error":"er"}'] });
  });
});

describe('with imaging', () => {
  const deploy = async (type: 'deploy' | 'deploy-no-snapins' = 'deploy') => {
    await addImage(world.context, { name: 'base', format: 3 }, 'ada').catch(() => undefined);
    writeSmallImage(join(world.images, 'base'));
    world.store
      .prepare('UPDATE images SET captured_at = 1, generation = 1, client_bytes = 1 WHERE name = ?')
      .run('base');
    return createTask(world.context, { host: 'PC', type, image: 'base' }, 'ada');
  };
  const image = async () => {
    const machine = await world.boot(PC_MAC);
    await machine.head();
    await machine.fos('Pre_Stage1.php', `mac=${PC_MAC}&type=down`);
    expect(await machine.fos('Post_Stage3.php', `mac=${PC_MAC}&type=down`)).toBe('##');
  };

  it('the client waits while the machine is to be imaged, and then runs what came with the deploy', async () => {
    await add('One');
    await deploy();
    await client.cycle();
    expect(told()).toEqual({ error: 'it' });
    await image();
    expect(history()).toEqual(['One: Queued -']);
    // The system is another one, and its client a new one.
    client = await installClient(world);
    expect(await cycle()).toMatchObject({ ran: ['One'] });
    expect(history()).toEqual(['One: Complete 0']);
  });

  it('a deploy without snapins has none, and ends those that waited', async () => {
    await add('One');
    await order();
    await deploy('deploy-no-snapins');
    expect(history()).toEqual(['One: Cancelled -9999 Cancelled due to new tasking.']);
  });

  it('a deploy that is cancelled, or fails, takes its snapins with it', async () => {
    await add('One');
    await deploy();
    await cancelTask(world.context, 'PC', 'ada');
    expect(history()).toEqual(['One: Cancelled - cancelled by ada']);
    await deploy();
    for (let boot = 0; boot < 4; boot++) await (await world.boot(PC_MAC)).head();
    await world.boot(PC_MAC);
    expect(history().at(-1)).toMatch(/^One: Cancelled - its task failed: /);
  });

  it('a client that vanished half way does not keep its machine from being imaged', async () => {
    await add('One');
    await order();
    await cycle(() => 'silent');
    await deploy();
    expect(active()?.type).toBe('Deploy');
  });
});

describe('a client that vanishes', () => {
  it('is told again at its next poll, three times; then those behind it have their turn', async () => {
    await add('One');
    await add('Two');
    await order();
    const crash: SnapinClientOptions['run'] = (entry) => (entry.name === 'One' ? 'silent' : 0);
    for (let time = 0; time < 3; time++) expect(await cycle(crash)).toMatchObject({ ran: ['One'] });
    expect(await cycle(crash)).toMatchObject({ ran: ['Two'] });
    expect(history()).toEqual([
      'One: Failed -1 the file was sent 3 times and no exit code came back: the machine may restart while it runs',
      'Two: Complete 0',
    ]);
    expect(active()).toBeUndefined();
  });

  it('bug: what is offered again was shown as being at work, with a code that nobody had told', async () => {
    await add('One');
    await order();
    await cycle(() => 'silent');
    expect(history()).toEqual(['One: In-Progress -1 Pending...']);
    await client.cycle();
    expect(history()).toEqual(['One: Checked In - no exit code came back; it is offered again']);
    await cycle(() => 0);
    expect(history()).toEqual(['One: Complete 0']);
  });

  it('a file that did not arrive whole is offered again, and three times at most', async () => {
    const name = { name: 'One', file: 'one.exe' };
    await addSnapin(world.context, name, { source: bytes('x'.repeat(20_000_000)) }, 'ada');
    await order('snapin', { snapin: 'One' });
    const { port } = world.app.server.address() as AddressInfo;
    const half: Transport = async (method, path, body) => {
      if (!path.includes('snapins.file')) return transport(method, path, body);
      // Not `fetch`: it keeps something of what it breaks off, and the server then waits for its end.
      const call = request({ host: '127.0.0.1', port, path: `/fog${path}` }).end();
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      const [value] = (await once(answer, 'data')) as [Buffer];
      call.destroy();
      return { status: answer.statusCode ?? 0, body: '', bytes: value };
    };
    await cycle(undefined, { transport: half });
    expect(history()).toEqual(['One: Queued -1 the file did not arrive whole; it is offered again']);
    await cycle(undefined, { transport: half });
    await cycle(undefined, { transport: half });
    expect(history()).toEqual(['One: Failed -1 the file was asked for 3 times and never arrived']);
  });

  it('-1 after the whole file is final: the program may have run', async () => {
    await add('One');
    await order();
    await cycle(() => -1);
    expect(history()).toEqual(['One: Complete -1 the client could not run it, or killed it']);
  });
});

describe('a file that is not what was taken in', () => {
  it('is held back, and those behind it have their turn; it is offered when it is whole again', async () => {
    await add('One');
    await add('Two');
    await order();
    const whole = file('one.exe');
    appendFileSync(whole, 'x');
    // While it is read again nobody gets it.
    expect(await cycle()).toMatchObject({ ran: ['Two'] });
    expect(await verifySnapins(world.context)).toEqual([
      { name: 'One', damage: 'its file does not hold what was taken in' },
      { name: 'Two', damage: '' },
    ]);
    await client.cycle();
    expect(told()).toEqual({ error: 'ns' });
    expect(history()[0]).toBe('One: Queued - held back: its file does not hold what was taken in');
    expect(active()?.state).toBe('In-Progress');
    await replaceSnapinFile(world.context, 'One', {}, { source: bytes('MZ again') });
    expect(await cycle()).toMatchObject({ ran: ['One'] });
  });

  it('that is gone and comes back is offered again', async () => {
    await add('One');
    await order();
    const path = file('one.exe');
    renameSync(path, `${world.snapins}/aside`);
    await client.cycle();
    expect(await verifySnapins(world.context, 'One')).toEqual([{ name: 'One', damage: 'its file is gone' }]);
    renameSync(`${world.snapins}/aside`, path);
    await client.cycle();
    expect(await verifySnapins(world.context, 'One')).toEqual([{ name: 'One', damage: '' }]);
    expect(await cycle()).toMatchObject({ ran: ['One'] });
  });

  it('damaged between the poll and the download is not sent', async () => {
    await add('One');
    await order();
    await client.cycle();
    const before = { ...told() };
    writeFileSync(file('one.exe'), 'other');
    const late = await runSnapins(before, { transport, macs: PC_MAC, run: () => 0 });
    expect(late.ran).toEqual([]);
    expect(history()[0]).toMatch(/^One: Queued -1 /);
  });

  it('replaced between the poll and the download is not sent under the old hash', async () => {
    await add('One');
    await order();
    await client.cycle();
    const before = { ...told() };
    await replaceSnapinFile(world.context, 'One', {}, { source: bytes('MZ new') });
    const late = await runSnapins(before, { transport, macs: PC_MAC, run: () => 0 });
    expect(late.ran).toEqual([]);
    const content: string[] = [];
    await cycle((_entry, bytes) => {
      content.push(bytes.toString());
      return 0;
    });
    expect(content).toEqual(['MZ new']);
  });

  it('bug: -1 of a client that got nothing this time was taken for the end of what it had got before', async () => {
    await add('One');
    await order();
    await cycle(() => 'silent');
    await client.cycle();
    const before = { ...told() };
    await replaceSnapinFile(world.context, 'One', {}, { source: bytes('MZ new') });
    await runSnapins(before, { transport, macs: PC_MAC, run: () => 0 });
    expect(history()).toEqual(['One: Queued -1 the file did not arrive whole; it is offered again']);
    expect(await cycle(() => 0)).toMatchObject({ ran: ['One'] });
  });

  it('of a snapin that was disabled or removed since is not sent', async () => {
    await add('One');
    await order();
    await changeSnapin(world.context, 'One', { enabled: false });
    await client.cycle();
    expect(told()).toEqual({ error: 'ns' });
    expect(history()).toEqual(['One: Queued - held back: the snapin is disabled']);
    await expect(removeSnapin(world.context, 'One', { force: false }, 'ada')).rejects.toMatchObject({
      code: 'SNAPIN_NEEDED',
    });
    await removeSnapin(world.context, 'One', { force: true }, 'ada');
    expect(history()).toEqual(['One: Cancelled - the snapin was removed by ada']);
    expect(active()).toBeUndefined();
    expect(readdirSync(world.snapins)).toEqual([]);
  });

  it('a folder that cannot be read costs the client no other module', async () => {
    await add('One');
    await order();
    rmSync(world.snapins, { recursive: true });
    writeFileSync(world.snapins, '');
    await client.cycle();
    expect(client.told).toMatchObject({ snapinclient: { error: 'er' }, taskreboot: { job: false } });
  });
});

describe('who may fetch and report', () => {
  const get = (path: string) => world.app.inject({ url: `/fog${path}`, remoteAddress: '10.0.0.66' });
  const offered = async () => {
    await add('One');
    await order();
    await client.cycle();
    const [entry] = (told()?.snapins ?? []) as { url: string; jobtaskid: string }[];
    const query = `/service/snapins.file.php?mac=${PC_MAC}&taskid=${entry?.jobtaskid}`;
    return { id: entry?.jobtaskid ?? '', query, path: new URL(entry?.url ?? '').pathname.slice(4) };
  };

  it.each(['', '/x/', '/x/AAAAAAAAAAAAAAAAAAAAAA'])(
    'a MAC and a number are not enough: %j',
    async (prefix) => {
      const { query } = await offered();
      expect(await get(`${prefix}${query}`)).toMatchObject({ statusCode: 404, body: 'not found\n' });
      expect(history()).toEqual(['One: Checked In -']);
    },
  );

  it('clients that do not know the secret address are served where the admin allows it', async () => {
    await world.close();
    await start('[snapins]\nrequire_token = false\n');
    await add('One');
    await order();
    expect(await cycle(undefined, { knowsUrl: false })).toMatchObject({ ran: ['One'] });
  });

  it('bug: a client that does not know the secret address asked for ever', async () => {
    await add('One');
    await order();
    for (let time = 0; time < 3; time++) await cycle(undefined, { knowsUrl: false });
    expect(history()).toEqual(['One: Failed -1 the file was asked for 3 times and never arrived']);
    expect(active()).toBeUndefined();
  });

  it('bug: a poll of somebody who names the MAC took the address away that the client was told', async () => {
    const { path, query } = await offered();
    const stranger = {
      url: `/fog/management/index.php?sub=requestClientInfo&mac=${PC_MAC}`,
      remoteAddress: '10.0.0.66',
    };
    expect((await world.app.inject(stranger)).body).toMatch(/^#!enkey=/);
    expect((await get(path + query)).body).toBe('MZ One');
  });

  it('the secret is another one in each session, and no other host has a use for it', async () => {
    const { path, query } = await offered();
    expect((await get(path + query)).body).toBe('MZ One');
    await addHost(world.context, 'other', ['02:00:00:00:00:09'], 'test');
    expect((await get(path + query.replace(PC_MAC, '02:00:00:00:00:09'))).statusCode).toBe(404);
    await client.handshake();
    await client.cycle();
    expect((await get(path + query)).statusCode).toBe(404);
  });

  it('nothing is told, and nothing moves on, without a session', async () => {
    await add('One');
    await order();
    world.context.clientSessions.end(world.context.hosts.byName('PC')?.id ?? 0);
    const answer = await get(`/service/snapins.checkin.php?mac=${PC_MAC}&newService&json`);
    expect([answer.statusCode, answer.body]).toEqual([200, '#!ihc']);
    expect(history()).toEqual(['One: Queued -']);
    expect((await get('/service/snapins.checkin.php?mac=nothing')).body).toBe('{"error":"im"}');
  });

  it('a client that asks for its snapins alone is told the same, sealed', async () => {
    await add('One');
    await order();
    const answer = await get(`/service/snapins.checkin.php?mac=${PC_MAC}&newService&json`);
    expect(answer.body).toMatch(/^#!enkey=[0-9a-f]{32}\|[0-9a-f]+$/);
    expect(history()).toEqual(['One: Checked In -']);
    await switchClientModule(world.context, 'PC', 'snapinclient', false);
    await client.cycle();
    expect(told()).toEqual({ error: 'nh' });
  });

  it.each([
    ['exitcode=zero', 'er'],
    ['exitcode=', 'er'],
    ['exitcode=99999999999', 'er'],
    ['exitcode=1%20OR%201', 'er'],
  ])('a report that is none changes nothing: %s', async (code, error) => {
    const { id } = await offered();
    const { body } = await get(`/service/snapins.checkin.php?taskid=${id}&${code}&mac=${PC_MAC}`);
    expect(JSON.parse(body)).toEqual({ error });
    expect(history()).toEqual(['One: Checked In -']);
  });

  it.each(['1', '-1', '0', '2147483648', '1 OR 1=1', '../1', ''])(
    'a task that the host was not told of is refused: %j',
    async (id) => {
      await offered();
      const query = `taskid=${encodeURIComponent(id)}&exitcode=0&mac=${PC_MAC}`;
      expect((await get(`/service/snapins.checkin.php?${query}`)).body).toBe('{"error":"er"}');
      expect(history()).toEqual(['One: Checked In -']);
    },
  );

  it('a task that was not told to the client yet is refused, whoever knows its number', async () => {
    await add('One');
    await order();
    const [task] = tasks();
    const query = `taskid=${task?.id}&exitcode=0&mac=${PC_MAC}`;
    expect((await get(`/service/snapins.checkin.php?${query}`)).body).toBe('{"error":"er"}');
  });

  it('codes of 32 bits are taken with and without a sign; a report that comes twice is no mistake', async () => {
    const { id } = await offered();
    const report = `/service/snapins.checkin.php?taskid=${id}&exitcode=3221225477&mac=${PC_MAC}&newService&json`;
    expect((await get(report)).body).toBe('{"error":"ok"}');
    expect(history()).toEqual(['One: Complete -1073741819']);
    expect((await get(report)).body).toBe('{"error":"ok"}');
    expect((await get(report.replace('3221225477', '0'))).body).toBe('{"error":"er"}');
    expect(history()).toEqual(['One: Complete -1073741819']);
  });

  it('bug: of two snapins that failed on a host within the hour only the first was in its story', async () => {
    for (const name of ['One', 'Two']) await add(name);
    await order();
    await cycle(() => 1603);
    expect(world.decisions.filter(({ event }) => event === 'snapin-reported')).toHaveLength(2);
  });

  it('what a client says of it is cut and made harmless', async () => {
    const { id } = await offered();
    const said = Buffer.from(`\u001b[2J<script>\r\n${'x'.repeat(1000)}`).toString('base64');
    await get(`/service/snapins.checkin.php?taskid=${id}&exitcode=1&exitdesc=${said}&mac=${PC_MAC}`);
    const [task] = tasks();
    expect(task?.details).toMatch(/^\[2J<script> x+$/);
    expect(task?.details.length).toBeLessThanOrEqual(250);
  });

  it('parts are sent, a resumed download is one attempt, and the headers are those of FOG', async () => {
    const { path, query } = await offered();
    const { port } = world.app.server.address() as AddressInfo;
    const part = async (range: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/fog${path}${query}`, { headers: { range } });
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: await answer.text(),
      };
    };
    expect(await part('bytes=0-3')).toMatchObject({ status: 206, body: 'MZ O' });
    expect(tasks()).toMatchObject([{ attempts: 1, sentAt: null }]);
    const rest = await part('bytes=4-');
    expect(rest).toMatchObject({ status: 206, body: 'ne' });
    expect((await part('bytes=9-')).status).toBe(416);
    expect(rest.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''one.exe",
      'content-range': 'bytes 4-5/6',
      'accept-ranges': 'bytes',
    });
    expect(tasks()).toMatchObject([
      { attempts: 1, state: 'In-Progress', exitCode: -1, details: 'Pending...', sentAt: world.clock.now() },
    ]);
  });
});
