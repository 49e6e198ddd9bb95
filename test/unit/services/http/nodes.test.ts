import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { enableNode } from '#actions/manage-storage-nodes.js';
import { createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import { writeSmallImage } from './small-image.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

let world: World;
afterEach(() => world.close());

async function start(toml = '') {
  world = await makeWorld(`[images]\nreserve_mib = 0\n${toml}`);
  await addHost(world.context, 'pc', [MAC], 'test');
  await addImage(world.context, { name: 'base', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'base'));
}
const order = (forced = false) =>
  createTask(world.context, { host: 'pc', type: 'deploy', image: 'base', forced }, 'test');
const task = (id: number) => describeTask(world.context, taskById(world.context, id));
const CHECK_IN = `mac=${MAC}&type=down`;
const UNAVAILABLE =
  'The node trying to be used is currently unavailable. On reboot we will try to find a new node automatically.';

async function booted() {
  const machine = await world.boot();
  await machine.head();
  return machine;
}

describe('a storage node', () => {
  it('that a machine blamed is not used for it for five minutes (spec 4.4)', async () => {
    await start();
    const { id } = await order();
    const first = await booted();
    expect(await first.fos('Pre_Stage1.php', CHECK_IN)).toBe('##@GO');
    expect(await first.fos('blame.php', CHECK_IN)).toBe('##');
    const again = await booted();
    expect(await again.fos('Pre_Stage1.php', CHECK_IN)).toBe(
      `Storage Node DefaultMember is open, but has recently failed for this host. ${UNAVAILABLE}`,
    );
    expect(task(id).reason).toContain('failed for this machine within the last 5 minutes');
    await world.clock.advance(300_000);
    expect(await again.fos('Pre_Stage1.php', CHECK_IN)).toBe('##@GO');
  });

  it('that one machine blamed serves the others, and forced tasks', async () => {
    await start();
    const other = '02:00:00:00:00:07';
    await addHost(world.context, 'pc-2', [other], 'test');
    await order();
    const first = await booted();
    await first.fos('blame.php', CHECK_IN);
    await createTask(world.context, { host: 'pc-2', type: 'deploy', image: 'base' }, 'test');
    const second = await world.boot(other);
    await second.head();
    expect(await second.fos('Pre_Stage1.php', `mac=${other}&type=down`)).toBe('##@GO');
  });

  it('that is disabled begins nothing, tells why, and goes on when it is enabled', async () => {
    await start();
    const { id } = await order();
    await enableNode(world.context, 'defaultmember', false);
    const machine = await booted();
    expect(await machine.fos('Pre_Stage1.php', CHECK_IN)).toBe(UNAVAILABLE);
    expect(task(id)).toMatchObject({
      state: 'Checked In',
      reason: 'the storage node DefaultMember is disabled',
    });
    await enableNode(world.context, 'DefaultMember', true);
    expect(await machine.fos('Pre_Stage1.php', CHECK_IN)).toBe('##@GO');
  });

  it('is refused tasks while it is disabled, and shows its slots by the API', async () => {
    await start('[tasks]\nmax_clients = 3\n');
    const patch = (enabled: unknown) =>
      world.api.inject({ method: 'PATCH', url: '/api/v1/nodes/DefaultMember', payload: { enabled } });
    expect((await patch('perhaps')).statusCode).toBe(400);
    expect((await patch(false)).json()).toMatchObject({ enabled: false });
    await expect(order()).rejects.toMatchObject({ code: 'NO_STORAGE_NODE' });
    await patch(true);
    await order();
    await (await booted()).fos('Pre_Stage1.php', CHECK_IN);
    expect((await world.api.inject('/api/v1/nodes')).json().items).toEqual([
      {
        id: 1,
        name: 'DefaultMember',
        group: 'default',
        isMaster: true,
        enabled: true,
        maxClients: 3,
        used: 1,
        waiting: 0,
      },
    ]);
    const unknown = await world.api.inject('/api/v1/nodes/none');
    expect([unknown.statusCode, unknown.json().title]).toEqual([404, 'STORAGE_NODE_UNKNOWN']);
  });
});

describe('a call without token', () => {
  it.each<[string, string, string]>([
    ['of no MAC', '', 'Invalid MAC Address!'],
    ['of junk', 'mac=hello', 'Invalid MAC Address! hello'],
    ['of an unknown MAC', 'mac=02:00:00:00:00:99', 'Invalid Host'],
    ['of a host without task', `mac=${MAC}`, `No Active Task found for Host: pc (${MAC})`],
  ])('%s gets the text of the protocol (spec 3.1)', async (_, body, text) => {
    await start();
    for (const endpoint of ['Pre_Stage1.php', 'Post_Stage3.php', 'Post_Wipe.php'])
      expect(await world.fos(endpoint, body)).toBe(text);
  });

  it('drives the task of its MAC where fos.require_token is false', async () => {
    await start('[fos]\nrequire_token = false\n');
    const { id } = await order();
    expect(await world.fos('Pre_Stage1.php', CHECK_IN)).toContain('No Active Task');
    await world.boot();
    expect(await world.fos('Pre_Stage1.php', CHECK_IN)).toBe('##@GO');
    expect([...world.exports.values()]).toHaveLength(1);
    const line = '  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000';
    await world.fos('progress.php', `mac=${MAC}&status=${b64(line)}`);
    expect(task(id).progress?.percent).toBe(86.76);
    expect(await world.fos('Post_Stage3.php', CHECK_IN)).toBe('##');
    expect(await world.fos('Post_Stage3.php', CHECK_IN)).toBe('##');
    expect(task(id).state).toBe('Complete');
  });

  it('can blame and fail its task there, but a wrong token still can not', async () => {
    await start('[fos]\nrequire_token = false\n');
    const { id } = await order();
    await booted();
    const wrong = await world.app.inject({
      method: 'POST',
      url: `/fog/t/${'0'.repeat(32)}/service/blame.php`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: CHECK_IN,
    });
    expect(wrong.body).toBe('##');
    await world.fos('Pre_Stage1.php', CHECK_IN);
    expect(task(id).state).toBe('In-Progress');
    await world.fos('blame.php', CHECK_IN);
    expect(task(id).state).toBe('Queued');
  });
});
