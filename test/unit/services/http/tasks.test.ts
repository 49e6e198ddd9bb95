import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { cancelTaskById, createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import { TASK_TYPES, type TaskKey, taskTypeByKey } from '#domain/task-type.js';
import { writeSmallImage } from './small-image.js';
import { type BootedMachine, MAC, makeWorld, type World } from './world.js';

/** Every type of task from order to end, as a machine and an admin have it (spec fos-protocol 1.9.6, 2.3, 4, 7.1). */
const SETTINGS = '[images]\nreserve_mib = 0\n[tasks]\nclamav_share = "10.0.0.5:/opt/fog/clamav"\n';

let world: World;
beforeEach(async () => {
  await start(SETTINGS);
});
afterEach(() => world.close());

async function start(toml: string): Promise<void> {
  world = await makeWorld(toml);
  await addHost(world.context, 'lab-pc-01', [MAC], 'test');
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'base'));
}

const order = async (type: TaskKey, more: object = {}) =>
  (await createTask(world.context, { host: 'lab-pc-01', type, ...more }, 'test')).id;
const task = (id: number) => describeTask(world.context, taskById(world.context, id));
const kernelLine = ({ script }: BootedMachine) =>
  script.split('\n').find((line) => line.startsWith('kernel ')) ?? '';
const body = (type?: string) =>
  `sysuuid=4c4c4544-0038-3010-8051-b4c04f4d3532&mac=${MAC}${type === undefined ? '' : `&type=${type}`}`;
const isMenu = ({ script }: BootedMachine) => script.includes('\nchoose ');

describe('a task of FOS that images nothing', () => {
  it.each<[TaskKey, object, string, string | undefined]>([
    ['testdisk', {}, 'irqpoll hostname=lab-pc-01 mode=checkdisk', undefined],
    ['surface-test', {}, 'irqpoll hostname=lab-pc-01 mode=badblocks', ''],
    ['recover', {}, 'irqpoll hostname=lab-pc-01 mode=photorec', undefined],
    ['inventory', { shutdown: true }, 'irqpoll hostname=lab-pc-01 shutdown=1 mode=inventory deployed=1', ''],
    [
      'password-reset',
      { account: 'Administrator' },
      'irqpoll hostname=lab-pc-01 winuser=Administrator mode=winpassreset',
      undefined,
    ],
    ['fast-wipe', {}, 'irqpoll hostname=lab-pc-01 seconds=60 mode=wipe wipemode=fast', undefined],
    ['normal-wipe', {}, 'irqpoll hostname=lab-pc-01 seconds=60 mode=wipe wipemode=normal', undefined],
    ['full-wipe', {}, 'irqpoll hostname=lab-pc-01 seconds=60 mode=wipe wipemode=full', undefined],
    ['virus-scan', {}, 'clamav=10.0.0.5:/opt/fog/clamav mode=clamav avmode=s', '&avmode=s'],
    ['virus-quarantine', {}, 'clamav=10.0.0.5:/opt/fog/clamav mode=clamav avmode=q', '&avmode=q'],
  ])('%s: kernel line, check-in where there is one, completion, menu', async (type, more, tail, checkIn) => {
    const id = await order(type, more);
    const machine = await world.boot();
    expect(kernelLine(machine)).toMatch(new RegExp(`mac=${MAC} .*${tail}( |$)`));
    expect(task(id).state).toBe('Queued');
    await machine.head();
    expect(task(id)).toMatchObject({ state: 'In-Progress', reason: 'the machine began it' });
    if (checkIn !== undefined) {
      expect(await machine.fos('Pre_Stage1.php', `${body()}${checkIn}`)).toBe('##@GO');
      // Its HEAD began it; the story said "it began again" at the first check-in.
      expect(world.decisions.at(-1)).toMatchObject({ event: 'check-in', reasons: [] });
    }
    expect(await machine.fos('Post_Wipe.php', body())).toBe('##');
    expect(task(id).state).toBe('Complete');
    // The answer was lost: FOS asks again, up to eleven times.
    expect(await machine.fos('Post_Wipe.php', body())).toBe('##');
    expect(isMenu(await world.boot())).toBe(true);
  });

  it('debug: a shell and nothing else; over when the machine boots again', async () => {
    const id = await order('debug');
    const machine = await world.boot();
    expect(kernelLine(machine)).toMatch(/ isdebug=yes/);
    expect(kernelLine(machine)).not.toMatch(/ (mode|type)=/);
    await machine.head();
    expect(task(id).state).toBe('In-Progress');
    await world.clock.advance(31_000);
    expect(isMenu(await world.boot())).toBe(true);
    expect(task(id)).toMatchObject({ state: 'Complete', reason: 'the machine has booted again' });
  });

  it.each([
    ['pcbios', 'kernel memtest.bin || goto failed\nboot'],
    ['efi', 'kernel memtest.efi || goto failed\nboot'],
  ])('memtest on %s: no imaging environment; over when the machine boots again', async (platform, text) => {
    const id = await order('memtest');
    const url = `/fog/service/ipxe/boot.php?mac0=${MAC}&platform=${platform}`;
    expect((await world.app.inject({ url })).body).toContain(text);
    // iPXE asks twice: still the same boot.
    expect((await world.app.inject({ url })).body).toContain(text);
    expect(task(id).state).toBe('In-Progress');
    await world.clock.advance(31_000);
    expect(isMenu(await world.boot())).toBe(true);
    expect(task(id).state).toBe('Complete');
  });

  it('recover: the share can be written, and what is found stays', async () => {
    const id = await order('recover');
    const machine = await world.boot();
    expect(machine.word('storage')).toMatch(/\/dev\/\d+\/$/);
    await machine.head();
    const [share] = [...world.exports.values()];
    expect(share?.access).toBe('RW');
    mkdirSync(join(share?.folder ?? '', 'found'));
    writeFileSync(join(share?.folder ?? '', 'found', 'f0001.jpg'), 'a picture');
    expect(await machine.fos('Post_Wipe.php', body())).toBe('##');
    expect(task(id).state).toBe('Complete');
    expect(world.exports.size).toBe(0);
    const recovered = join(world.images, '.fogd', 'recovered');
    const [session = ''] = readdirSync(recovered);
    expect(readFileSync(join(recovered, session, 'found', 'f0001.jpg'), 'utf8')).toBe('a picture');
  });
});

describe('a task that boots nothing', () => {
  it('wake: magic packets for all its MACs, and is over', async () => {
    const id = await order('wake');
    expect(world.woken).toEqual([MAC]);
    expect(task(id)).toMatchObject({ state: 'Complete', reason: 'magic packets were sent to 10.0.0.255' });
    expect(isMenu(await world.boot())).toBe(true);
  });

  it('any task may turn the machine on', async () => {
    await order('inventory', { wake: true });
    expect(world.woken).toEqual([MAC]);
  });

  it('bug: a task whose machine could not be turned on passed for one that was not made', async () => {
    Object.assign(world.context, { wake: () => Promise.reject(new Error('ENETDOWN')) });
    const id = await order('inventory', { wake: true });
    expect(task(id)).toMatchObject({ state: 'Queued' });
    expect(world.decisions.at(-1)).toMatchObject({
      ...{ event: 'wake-failed', outcome: 'failed', who: { mac: MAC }, reasons: ['ENETDOWN'] },
    });
  });

  it.each<[TaskKey, object, RegExp]>([
    ['multicast', { image: 'base' }, /does not multicast yet/],
    ['snapins', {}, /no snapins associated/],
    ['snapin', {}, /does not say which snapin/],
    ['password-reset', {}, /cannot be the account/],
    ['password-reset', { account: 'a;reboot' }, /cannot be the account/],
  ])('%s %j is refused with the reason', async (type, more, reason) => {
    await expect(order(type, more)).rejects.toThrow(reason);
    expect(world.context.tasks.page({}).items).toEqual([]);
  });

  it('bug: a virus scan told FOS system 0, which it does not know: it gave up before its check-in', async () => {
    await order('virus-scan');
    expect((await world.boot()).word('osid')).toBe('99');
  });

  it('a virus scan without ClamAV is refused with the setting', async () => {
    await world.close();
    await start('');
    await expect(order('virus-scan')).rejects.toThrow(/tasks\.clamav_share/);
  });
});

describe('imaging', () => {
  it.each<[TaskKey, string, string]>([
    ['deploy', 'down', ' hostearly=1 type=down'],
    ['deploy-no-snapins', 'down', ' hostearly=1 type=down'],
    ['deploy-debug', 'down', ' hostearly=1 type=down isdebug=yes'],
    ['capture-debug', 'up', ' hostearly=1 pct=5 ignorepg=1 type=up isdebug=yes'],
  ])('%s checks in as type %s', async (key, type, tail) => {
    await order(key, { image: 'base' });
    const machine = await world.boot();
    expect(kernelLine(machine)).toContain(tail);
    await machine.head();
    expect(await machine.fos('Pre_Stage1.php', body(type))).toBe('##@GO');
    expect(await machine.fos('Post_Wipe.php', body())).toContain('no task of this type');
  });

  it('passes the queue when it is forced', async () => {
    await world.close();
    await start(`${SETTINGS}max_clients = 1\n`);
    const other = '02:00:00:00:00:02';
    await addHost(world.context, 'two', [other], 'test');
    await order('deploy', { image: 'base' });
    await createTask(world.context, { host: 'two', type: 'deploy', image: 'base', forced: true }, 'test');
    const machines = [await world.boot(MAC), await world.boot(other)];
    for (const machine of machines) {
      await machine.head();
      expect(await machine.fos('Pre_Stage1.php', body('down'))).toBe('##@GO');
    }
  });

  it('writes to the disk that the host names', async () => {
    const host = world.context.hosts.byName('lab-pc-01');
    await world.context.store.commit(() =>
      world.context.hosts.change(host?.id ?? 0, { disk: '/dev/nvme0n1' }),
    );
    await order('deploy', { image: 'base' });
    expect(kernelLine(await world.boot())).toContain(' fdrive=/dev/nvme0n1 ');
  });
});

describe('a task that is begun again and again', () => {
  it('fails after three boots without completion, says why, and the machine boots its disk', async () => {
    const id = await order('deploy', { image: 'base' });
    for (let boot = 1; boot <= 3; boot++) {
      const machine = await world.boot();
      // Once per try and per interface: one attempt (spec 11.1).
      await machine.head();
      await machine.head();
      await machine.fos('Pre_Stage1.php', body('down'));
      await world.clock.advance(60_000);
    }
    const { script } = await world.boot();
    expect(script).toContain('was begun 3 times and never completed');
    expect(script).toContain('sanboot');
    expect(task(id)).toMatchObject({ state: 'Failed', reason: expect.stringContaining('begun 3 times') });
    expect(world.decisions.at(-2)).toMatchObject({ event: 'task-failed', who: { mac: MAC } });
    expect(isMenu(await world.boot())).toBe(true);
  });

  it('a wipe is never started twice', async () => {
    const id = await order('full-wipe');
    await (await world.boot()).head();
    const { script } = await world.boot();
    expect(script).not.toContain('mode=wipe');
    expect(script).toContain('was begun once and never completed');
    expect(task(id).state).toBe('Failed');
  });

  it('a menu that is left and entered again is no attempt', async () => {
    const id = await order('full-wipe');
    for (let time = 0; time < 5; time++) expect(kernelLine(await world.boot())).toContain('mode=wipe');
    expect(task(id).state).toBe('Queued');
  });
});

describe('another address', () => {
  it('that asks for a machine which is being imaged is told so, and gets no token', async () => {
    await order('deploy', { image: 'base' });
    const machine = await world.boot();
    await machine.head();
    expect(await machine.fos('Pre_Stage1.php', body('down'))).toBe('##@GO');
    const url = `/fog/service/ipxe/boot.php?mac0=${MAC}`;
    const ask = async () => (await world.app.inject({ url, remoteAddress: '10.9.9.9' })).body;
    expect(await ask()).toContain('this machine is being imaged from 127.0.0.1');
    // It has gone silent: a machine that was moved may begin again.
    await world.clock.advance(16_000);
    expect(await ask()).toContain('type=down');
  });
});

it('every type that FOG has is known by a word of its own', () => {
  expect(new Set(TASK_TYPES.map(({ key }) => key)).size).toBe(TASK_TYPES.length);
  for (const { key } of TASK_TYPES) expect(taskTypeByKey(key).key).toBe(key);
});

describe('no order of events', () => {
  const MACS = [MAC, '02:00:00:00:00:02', '02:00:00:00:00:03'];
  const EVENTS = [
    'order',
    'boot',
    'head',
    'check-in',
    'progress',
    'complete',
    'blame',
    'error',
    'cancel',
    'wait',
  ] as const;

  it('gives a host two active tasks, more slots than there are, or loses a completion', async () => {
    await world.close();
    const step = fc.tuple(fc.constantFrom(...EVENTS), fc.nat(2));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await start(`${SETTINGS}max_clients = 1\n`);
        const { context } = world;
        await addHost(context, 'two', [MACS[1] ?? ''], 'test');
        await addHost(context, 'three', [MACS[2] ?? ''], 'test');
        const names = ['lab-pc-01', 'two', 'three'];
        const machines = new Map<number, BootedMachine>();
        for (const [event, which] of steps) {
          const machine = machines.get(which);
          const host = context.hosts.byName(names[which] ?? '');
          const active = context.tasks.active(host?.id ?? 0);
          if (event === 'order')
            await createTask(
              context,
              { host: names[which] ?? '', type: 'deploy', image: 'base' },
              'test',
            ).catch(() => undefined);
          if (event === 'boot') machines.set(which, await world.boot(MACS[which]));
          if (event === 'head' && machine?.word('web')) await machine.head();
          if (event === 'check-in') await machine?.fos('Pre_Stage1.php', body('down'));
          if (event === 'progress') await machine?.fos('progress.php', 'status=Cg==');
          if (event === 'blame') await machine?.fos('blame.php', body('down'));
          if (event === 'error') await machine?.fos('taskerror.php', 'type=error&text=x');
          if (event === 'cancel' && active) await cancelTaskById(context, active.id, 'test');
          if (event === 'wait') await world.clock.advance(5_000);
          if (event === 'complete' && (await machine?.fos('Post_Stage3.php', body('down'))) === '##')
            expect(context.tasks.active(host?.id ?? 0)?.id).not.toBe(active?.id ?? 0);
          const tasks = context.tasks.allActive();
          expect(new Set(tasks.map(({ hostId }) => hostId)).size).toBe(tasks.length);
          expect(context.tasks.slotsUsed(1, 0)).toBeLessThanOrEqual(1);
          // An export belongs to an open session of an active task, or to a menu.
          for (const session of context.sessions.open())
            if (session.taskId !== null) expect(tasks.map(({ id }) => id)).toContain(session.taskId);
        }
        await world.close();
      }),
      { numRuns: 60 },
    );
    await start(SETTINGS);
  }, 60_000);
});
