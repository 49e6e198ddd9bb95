import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageKeeper } from '#actions/keep-images.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage, changeImage, removeImage } from '#actions/manage-images.js';
import { cancelTaskById, createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import type { Logger } from '#daemon/log.js';
import { SMALL_CLIENT_BYTES, smallContent, writeSmallImage } from './small-image.js';
import { type BootedMachine, MAC, makeWorld, shellBase64, type World } from './world.js';

const SECOND = '02:00:00:00:00:02';
const THIRD = '02:00:00:00:00:03';
const body = (type: string, mac = MAC) =>
  `sysuuid=4c4c4544-0038-3010-8051-b4c04f4d3532&mac=${mac}&type=${type}`;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;

let world: World;
beforeEach(() => start());
afterEach(() => world.close());

async function start(toml = '[images]\nreserve_mib = 0'): Promise<void> {
  world = await makeWorld(toml);
  for (const [name, mac] of [
    ['one', MAC],
    ['two', SECOND],
    ['three', THIRD],
  ] as const)
    await addHost(world.context, name, [mac], 'test');
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
}

const order = (kind: 'deploy' | 'capture', host = 'one') =>
  createTask(world.context, { host, type: kind, image: 'base' }, 'test');
const state = (id: number) => describeTask(world.context, taskById(world.context, id)).state;
const contentOf = (folder: string) => smallContent(readFileSync(join(folder, 'base', 'd1p1.img'), 'latin1'));
const published = () => contentOf(world.images);

/** Orders and boots, up to the go. */
async function go(
  kind: 'deploy' | 'capture',
  mac = MAC,
  host = 'one',
): Promise<{ machine: BootedMachine; id: number }> {
  const { id } = await order(kind, host);
  const machine = await world.boot(mac);
  expect(await machine.head()).toBe(200);
  expect(await machine.fos('Pre_Stage1.php', body(kind === 'capture' ? 'up' : 'down', mac))).toBe('##@GO');
  return { machine, id };
}

/** The folder that the machine's capture is written to. */
function captureFolder(mac = MAC): string {
  const [entry] = [...world.exports.values()].filter(({ access }) => access === 'RW');
  return join(entry?.folder ?? '', mac.replaceAll(':', ''));
}

describe('a capture', () => {
  it('goes from order to a published image, and its completion can be asked for again', async () => {
    const { machine, id } = await go('capture');
    expect(machine.word('storage')).toMatch(/^10\.0\.0\.1:\/t\/dev\/\d+\/$/);
    expect([...world.exports.values()]).toMatchObject([{ access: 'RW', client: '127.0.0.1' }]);
    writeSmallImage(captureFolder());
    const status = '896.53MB@00:00:04@00:00:02@57.00 MiB@600.00 MiB@ 59.70@629145600.000000';
    expect(await machine.fos('progress.php', `mac=${MAC}&status=${shellBase64(status)}`)).toBe('');
    expect(describeTask(world.context, taskById(world.context, id))).toMatchObject({
      state: 'In-Progress',
      progress: { percent: 59.7, rate: '896.53MB', copied: '57.00 MiB' },
    });
    expect(await machine.fos('Post_Stage2.php', `${body('up')}&osid=50`)).toBe('##');
    expect(state(id)).toBe('Complete');
    expect(published()).toBe('first');
    expect(world.exports.size).toBe(0);
    expect(world.context.images.byName('base')).toMatchObject({
      generation: 1,
      clientBytes: SMALL_CLIENT_BYTES,
    });
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'capture-published',
      facts: { image: 'base', files: 3 },
    });
    expect(await machine.fos('Post_Stage2.php', body('up'))).toBe('##');
    expect(world.context.images.byName('base')?.generation).toBe(1);
    await world.clock.advance(86_400_001);
    expect(await machine.fos('Post_Stage2.php', body('up'))).not.toBe('##');
  });

  it('is published once when eleven completion calls come at the same moment', async () => {
    const { machine } = await go('capture');
    writeSmallImage(captureFolder());
    const answers = await Promise.all(
      Array.from({ length: 11 }, () => machine.fos('Post_Stage2.php', body('up'))),
    );
    expect(new Set(answers)).toEqual(new Set(['##']));
    expect(world.context.images.byName('base')?.generation).toBe(1);
  });

  it.each<[string, (folder: string) => void]>([
    ['has nothing in it', () => undefined],
    ['has a piece that was not renamed', (folder) => writeFileSync(join(folder, 'd1p2.img.000'), 'x')],
    ['has no data', (folder) => rmSync(join(folder, 'd1p1.img'))],
    [
      'has data that is no partclone image',
      (folder) => writeFileSync(join(folder, 'd1p1.img'), 'x'.repeat(500)),
    ],
  ])('that %s fails and leaves the generation before untouched', async (what, spoil) => {
    const first = await go('capture');
    writeSmallImage(captureFolder());
    expect(await first.machine.fos('Post_Stage2.php', body('up'))).toBe('##');
    const { machine, id } = await go('capture');
    if (what !== 'has nothing in it') writeSmallImage(captureFolder(), 'second');
    spoil(captureFolder());
    expect(await machine.fos('Post_Stage2.php', body('up'))).not.toBe('##');
    expect(state(id)).toBe('Failed');
    expect(published()).toBe('first');
    expect(world.decisions.at(-1)).toMatchObject({ event: 'capture-refused', outcome: 'refused' });
    expect(await machine.fos('Post_Stage2.php', body('up'))).not.toBe('##');
    expect(world.exports.size).toBe(0);
  });

  it('of an image that was protected meanwhile is refused', async () => {
    const { machine, id } = await go('capture');
    writeSmallImage(captureFolder());
    await changeImage(world.context, 'base', { protected: true }, 'test');
    expect(await machine.fos('Post_Stage2.php', body('up'))).toContain('protected');
    expect(state(id)).toBe('Failed');
    expect(existsSync(join(world.images, 'base'))).toBe(false);
  });

  it.each([
    ['after the swap', true],
    ['before the swap', false],
  ])(
    'whose publish was killed %s is whole after the restart, and its completion is answered',
    async (_, swapped) => {
      const { machine, id } = await go('capture');
      writeSmallImage(captureFolder());
      const { imageStore, store, images, sessions, clock } = world.context;
      const [session] = sessions.open();
      const shape = { path: 'base', type: 'mps', format: 3, osId: 50, partitionType: 'all' } as const;
      const journal = {
        begin: async ({ inode }: { inode: string }) => {
          const entry = {
            sessionId: session?.id ?? 0,
            imagePath: 'base',
            inode,
            clientBytes: 7,
            serverBytes: 8,
            keepsPrevious: false,
            waits: false,
          };
          await store.commit(() => images.beginPublish(entry, clock.now()));
          if (!swapped) throw new Error('killed');
        },
      };
      const work = imageStore.publish(session?.id ?? 0, MAC, shape, journal);
      if (swapped) await work;
      else await expect(work).rejects.toThrow('killed');

      await new ImageKeeper(world.context, silent).start();
      expect(images.journal()).toEqual([]);
      // What was checked and written down is brought to its end, with or without the machine.
      expect(state(id)).toBe('Complete');
      expect(await machine.fos('Post_Stage2.php', body('up'))).toBe('##');
      expect(state(id)).toBe('Complete');
      expect(published()).toBe('first');
      expect(images.byName('base')?.generation).toBe(1);
    },
  );
});

describe('a deploy', () => {
  beforeEach(() => writeSmallImage(join(world.images, 'base')));

  it('reads its own root of one generation, and marks the host', async () => {
    const { machine, id } = await go('deploy');
    const [entry] = [...world.exports.values()];
    expect(entry).toMatchObject({ access: 'RO', pseudo: expect.stringMatching(/^\/t\/\d+$/) });
    expect(readdirSync(join(entry?.folder ?? '', 'base')).sort()).toEqual([
      'd1.mbr',
      'd1.partitions',
      'd1p1.img',
    ]);
    expect(existsSync(join(entry?.folder ?? '', '.mntcheck'))).toBe(true);
    expect(await machine.fos('Post_Stage3.php', body('down'))).toBe('##');
    expect(state(id)).toBe('Complete');
    expect(world.context.hosts.byName('one')?.deployedAt).not.toBeNull();
    expect(world.exports.size).toBe(0);
    expect(existsSync(entry?.folder ?? '')).toBe(false);
  });

  it('keeps its generation while another is published', async () => {
    const { machine } = await go('deploy');
    const [deploy] = [...world.exports.values()];
    const other = await go('capture', SECOND, 'two');
    writeSmallImage(captureFolder(SECOND), 'second');
    expect(await other.machine.fos('Post_Stage2.php', body('up', SECOND))).toBe('##');
    expect(published()).toBe('second');
    expect(contentOf(deploy?.folder ?? '')).toBe('first');
    expect(await machine.head()).toBe(200);
    expect(contentOf(deploy?.folder ?? '')).toBe('first');
  });

  it('waits for its slot in the order of the first check-ins', async () => {
    await world.close();
    await start('[images]\nreserve_mib = 0\n[tasks]\nmax_clients = 1');
    writeSmallImage(join(world.images, 'base'));
    const first = await go('deploy');
    const machines: BootedMachine[] = [];
    for (const [host, mac] of [
      ['three', THIRD],
      ['two', SECOND],
    ] as const) {
      await order('deploy', host);
      machines.push(await world.boot(mac));
    }
    const [third, second] = machines;
    expect(await third?.fos('Pre_Stage1.php', body('down', THIRD))).toBe(
      'No open slots, There are 0 before me.',
    );
    await world.clock.advance(5_000);
    expect(await second?.fos('Pre_Stage1.php', body('down', SECOND))).toBe(
      'No open slots, There are 1 before me.',
    );
    expect(await first.machine.fos('Post_Stage3.php', body('down'))).toBe('##');
    // The later one asks first, and still waits.
    expect(await second?.fos('Pre_Stage1.php', body('down', SECOND))).toBe(
      'There are open slots, but 1 before me on this node.',
    );
    expect(await third?.fos('Pre_Stage1.php', body('down', THIRD))).toBe('##@GO');
    expect(await third?.fos('Post_Stage3.php', body('down', THIRD))).toBe('##');
    expect(await second?.fos('Pre_Stage1.php', body('down', SECOND))).toBe('##@GO');
  });

  it('that waits is answered by a slow disk too; its place in the queue is told when it is durable', async () => {
    await world.close();
    await start('[images]\nreserve_mib = 0\n[tasks]\nmax_clients = 1');
    writeSmallImage(join(world.images, 'base'));
    const { machine } = await go('deploy');
    await order('deploy', 'two');
    await order('deploy', 'three');
    const [second, third] = [await world.boot(SECOND), await world.boot(THIRD)];
    const poll = (one: BootedMachine, mac: string) => one.fos('Pre_Stage1.php', body('down', mac));
    await poll(second, SECOND);
    await world.clock.advance(5_000);
    let release = (): void => undefined;
    world.disk.slow = new Promise((resolve) => {
      release = resolve;
    });
    const answers: string[] = [];
    const joining = poll(third, THIRD).then((answer) => answers.push(answer));
    answers.push(await poll(second, SECOND));
    const status = shellBase64('1.00GB@00:00:01@00:00:09@1@2@12.5@3');
    await machine.fos('progress.php', `mac=${MAC}&status=${status}`);
    expect(answers).toEqual(['No open slots, There are 0 before me.']);
    release();
    await joining;
    expect(answers[1]).toBe('No open slots, There are 1 before me.');
  });

  it('of a machine that reboots half way begins again, in its slot', async () => {
    const { machine, id } = await go('deploy');
    const again = await world.boot();
    expect(await again.head()).toBe(200);
    expect(world.exports.size).toBe(1);
    expect(await again.fos('Pre_Stage1.php', body('down'))).toBe('##@GO');
    expect(await machine.fos('Post_Stage3.php', body('down'))).toContain('has ended');
    expect(state(id)).toBe('In-Progress');
    expect(await again.fos('Post_Stage3.php', body('down'))).toBe('##');
  });

  it('is written once a second at most, however fast its client reports', async () => {
    const { machine, id } = await go('deploy');
    const report = (percent: number) =>
      machine.fos(
        'progress.php',
        `mac=${MAC}&status=${shellBase64(`1.00GB@00:00:01@00:00:09@1@2@${percent}@3`)}`,
      );
    const stored = () => taskById(world.context, id).progress?.percent;
    await world.clock.advance(3_000);
    for (const percent of [10, 11, 12]) await report(percent);
    expect(stored()).toBe(10);
    await world.clock.advance(1_000);
    await report(13);
    expect(stored()).toBe(13);
  });

  it('that is cancelled loses its export, and nothing that its client says revives it', async () => {
    const { machine, id } = await go('deploy');
    await cancelTaskById(world.context, id, 'test');
    expect(world.exports.size).toBe(0);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'task-cancelled',
      who: { mac: MAC },
      facts: { task: id, type: 'Deploy', actor: 'test' },
    });
    await machine.fos('progress.php', `mac=${MAC}&status=${shellBase64('a@b@c@d@e@5')}`);
    await machine.fos('taskerror.php', `mac=${MAC}&type=error&text=Image+failed`);
    expect(await machine.fos('Pre_Stage1.php', body('down'))).toContain('cancelled');
    expect(await machine.fos('Post_Stage3.php', body('down'))).toContain('cancelled');
    expect(state(id)).toBe('Cancelled');
  });

  it('whose client gives up has failed, for the reason it told', async () => {
    const { machine, id } = await go('deploy');
    await machine.fos('taskerror.php', `mac=${MAC}&type=error&text=No+disk+found&script=fog.download`);
    expect(describeTask(world.context, taskById(world.context, id))).toMatchObject({
      state: 'Failed',
      reason: 'No disk found',
    });
    expect(world.exports.size).toBe(0);
  });

  it('bug: the reason of a FOS that calls it `error` was lost', async () => {
    const { machine, id } = await go('deploy');
    await machine.fos('taskerror.php', `mac=${MAC}&sysuuid=u&error=Could+not+mount+images+folder`);
    expect(describeTask(world.context, taskById(world.context, id))).toMatchObject({
      state: 'Failed',
      reason: 'Could not mount images folder',
    });
  });

  it('whose client blames the share is queued again, and the error report that follows does not fail it', async () => {
    const { machine, id } = await go('deploy');
    expect(await machine.fos('blame.php', body('down'))).toBe('##');
    await machine.fos('taskerror.php', `mac=${MAC}&type=error&text=Could+not+verify+mount+point`);
    expect(state(id)).toBe('Queued');
  });

  it('whose machine vanishes fails with the remedy and gives its slot back', async () => {
    const { id } = await go('deploy');
    await world.clock.advance(590_000);
    await world.keeper.look();
    expect(state(id)).toBe('In-Progress');
    await world.clock.advance(30_000);
    await world.keeper.look();
    expect(describeTask(world.context, taskById(world.context, id))).toMatchObject({
      state: 'Failed',
      reason: expect.stringContaining('not heard of for 600 s'),
    });
    expect(world.exports.size).toBe(0);
  });

  it('says at the check-in that the share is not there, and goes on when it is', async () => {
    const { id } = await order('deploy');
    world.exports.broken = new Error('the NFS server does not run');
    const machine = await world.boot();
    expect(await machine.head()).toBe(200);
    expect(await machine.fos('Pre_Stage1.php', body('down'))).toContain('the NFS server does not run');
    expect(state(id)).toBe('Queued');
    delete world.exports.broken;
    expect(await machine.fos('Pre_Stage1.php', body('down'))).toBe('##@GO');
  });

  it('of an image whose files were damaged is refused at the check-in', async () => {
    await order('deploy');
    const machine = await world.boot();
    rmSync(join(world.images, 'base', 'd1p1.img'));
    expect(await machine.fos('Pre_Stage1.php', body('down'))).toContain('cannot be deployed');
  });
});

describe('orders that cannot work are refused', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['a deploy of an image without files', () => order('deploy'), 'IMAGE_EMPTY'],
    ['an unknown host', () => order('capture', 'nobody'), 'HOST_UNKNOWN'],
    [
      'an unknown image',
      () => createTask(world.context, { host: 'one', type: 'capture', image: 'x' }, 'test'),
      'IMAGE_UNKNOWN',
    ],
    [
      'no image at all',
      () => createTask(world.context, { host: 'one', type: 'capture' }, 'test'),
      'NO_IMAGE',
    ],
    [
      'an image path with ..',
      () => addImage(world.context, { name: 'x', path: '../x' }, 'test'),
      'IMAGE_FOLDER_BAD',
    ],
    [
      'an image path of FOG',
      () => addImage(world.context, { name: 'x', path: 'dev' }, 'test'),
      'IMAGE_FOLDER_BAD',
    ],
    ['a name that is taken', () => addImage(world.context, { name: 'BASE' }, 'test'), 'IMAGE_EXISTS'],
    [
      'a resizable image of a system that FOS does not resize',
      () => addImage(world.context, { name: 'x', type: 'n', osId: 99 }, 'test'),
      'IMAGE_SHAPE_BAD',
    ],
    [
      'a format of no capture',
      () => addImage(world.context, { name: 'x', format: 1 }, 'test'),
      'IMAGE_SHAPE_BAD',
    ],
  ])('%s', async (_, act, code) => {
    await expect(act()).rejects.toMatchObject({ code });
  });

  it('a second task for a busy host, and a second capture of one image', async () => {
    await order('capture');
    await expect(order('capture')).rejects.toMatchObject({ code: 'HOST_BUSY' });
    await expect(order('capture', 'two')).rejects.toMatchObject({ code: 'IMAGE_BEING_CAPTURED' });
    await expect(removeImage(world.context, 'base', { files: true }, 'test')).rejects.toMatchObject({
      code: 'IMAGE_BUSY',
    });
  });

  it('a capture of a protected image, and its removal', async () => {
    await changeImage(world.context, 'base', { protected: true }, 'test');
    await expect(order('capture')).rejects.toMatchObject({ code: 'IMAGE_PROTECTED' });
    await expect(removeImage(world.context, 'base', { files: true }, 'test')).rejects.toMatchObject({
      code: 'IMAGE_PROTECTED',
    });
  });

  it('a capture onto a disk without room', async () => {
    await world.close();
    await start('[images]\nreserve_mib = 1073741824');
    await expect(order('capture')).rejects.toMatchObject({ code: 'IMAGES_NO_SPACE' });
  });
});

describe('a token', () => {
  beforeEach(() => writeSmallImage(join(world.images, 'base')));

  it.each(['', 'x', '0'.repeat(32), `${'0'.repeat(31)}'`])(
    '%j is good for nothing, and HEAD is still 200',
    async (token) => {
      await order('deploy');
      const head = await world.app.inject({ method: 'HEAD', url: `/fog/t/${token}//index.php` });
      expect([200, 404]).toContain(head.statusCode);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      for (const endpoint of ['Pre_Stage1.php', 'Post_Stage3.php', 'blame.php', 'progress.php']) {
        const url = `/fog/t/${token}/service/${endpoint}`;
        const answer = await world.app.inject({ method: 'POST', url, headers, body: body('down') });
        expect(answer.body).not.toMatch(/^##@GO/);
      }
      expect(state(1)).toBe('Queued');
      expect(world.exports.size).toBe(0);
    },
  );

  it('is what a task is driven by: the MAC alone is refused', async () => {
    const { id } = await go('deploy');
    expect(await world.fos('Pre_Stage1.php', body('down'))).not.toBe('##@GO');
    expect(await world.fos('Post_Stage3.php', body('down'))).not.toBe('##');
    await world.fos('taskerror.php', `mac=${MAC}&type=error&text=x`);
    expect(state(id)).toBe('In-Progress');
  });

  it('of one machine cannot touch the task of another', async () => {
    const { id } = await go('deploy');
    const other = await world.boot(SECOND);
    expect(await other.fos('Post_Stage3.php', body('down'))).not.toBe('##');
    expect(state(id)).toBe('In-Progress');
  });

  it('is not handed out to an address that belongs to another machine', async () => {
    await order('deploy');
    world.neighbours.set('127.0.0.1', SECOND);
    expect((await world.boot()).script).toContain('belongs to 02:00:00:00:00:02');
    world.neighbours.set('127.0.0.1', MAC);
    expect((await world.boot()).word('type')).toBe('down');
  });

  it('stands nowhere but in the boot script', async () => {
    const { machine } = await go('deploy');
    const token = /\/t\/([0-9a-f]{32})\//.exec(machine.word('web'))?.[1] ?? '';
    expect(token).toHaveLength(32);
    expect(JSON.stringify(world.decisions)).not.toContain(token);
    const rows = JSON.stringify(world.store.db.prepare('SELECT * FROM boot_sessions').all());
    expect(rows).not.toContain(token);
  });

  it('of an old boot does not end a running deploy when somebody only asks for a boot script', async () => {
    const { machine, id } = await go('deploy');
    for (let n = 0; n < 40; n++) await world.boot();
    expect(await machine.fos('Post_Stage3.php', body('down'))).toBe('##');
    expect(state(id)).toBe('Complete');
  });

  it('opens an export that follows the address of the machine', async () => {
    await order('deploy');
    const machine = await world.boot();
    await machine.head();
    const path = new URL(machine.word('web')).pathname;
    await world.app.inject({ method: 'HEAD', url: `${path}/index.php`, remoteAddress: '10.0.0.77' });
    expect([...world.exports.values()]).toMatchObject([{ client: '10.0.0.77' }]);
  });
});

describe('the images folder', () => {
  it('is swept at the start: roots of sessions that are over go, those of open ones stay', async () => {
    writeSmallImage(join(world.images, 'base'));
    const { machine } = await go('deploy');
    const roots = join(world.images, '.fogd', 'sessions');
    const [open] = readdirSync(roots);
    writeSmallImage(join(roots, '99', 'x'));
    await new ImageKeeper(world.context, silent).start();
    expect(readdirSync(roots)).toEqual([open]);
    expect(await machine.fos('Post_Stage3.php', body('down'))).toBe('##');
  });
});
