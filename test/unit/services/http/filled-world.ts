import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assignSnapin } from '#actions/assign-snapins.js';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost, addMac } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { addMenuEntry } from '#actions/manage-menu.js';
import { addPower } from '#actions/manage-power.js';
import { addPrinter } from '#actions/manage-printers.js';
import { addSnapin } from '#actions/manage-snapins.js';
import { createTask } from '#actions/manage-tasks.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import { toNumber } from '#settings/ipv4.js';
import { TraceRepository } from '#store/trace.js';
import { writeSmallImage } from './small-image.js';
import { MAC, makeWorld, type World } from './world.js';

const CAPTURED = '02:00:00:00:00:33';

/** A world with one thing of each kind: what the examples of the API's description speak of. */
export async function makeFilledWorld(): Promise<World> {
  const world = await makeWorld('[images]\nreserve_mib = 0\n');
  const { context } = world;
  await addHost(context, 'lab-pc-01', [MAC], 'test');
  await addMac(context, 'lab-pc-01', '02:00:00:00:00:02');
  await addHost(context, 'lab-pc-02', ['02:00:00:00:00:22'], 'test');
  await addHost(context, 'lab-pc-03', [CAPTURED], 'test');
  await addPower(context, 'lab-pc-01', 'reboot', '30 6 * * *');
  await addPrinter(context, { name: '\\\\print\\hall', type: 'network' });
  await addGroup(context, 'room-12', 'test');
  await changeMembers(context, 'room-12', 'join', ['lab-pc-01']);
  // Task 1, and boot session 1.
  await createTask(context, { host: 'lab-pc-02', type: 'inventory' }, 'test');
  await (await world.boot('02:00:00:00:00:22')).head();
  await addImage(context, { name: 'base', format: 3 }, 'test');
  await addImage(context, { name: 'empty' }, 'test');
  for (const content of ['one', 'two']) await capture(world, content);
  await addMenuEntry(context, { name: 'netboot', description: 'netboot.xyz', script: 'chain http://x' });
  await addToken(context, { name: 'monitoring', scopes: ['*:read'] }, OWNER);
  const at = context.clock.now();
  await context.leases.save([
    {
      address: toNumber('10.0.0.50'),
      mac: MAC,
      clientId: undefined,
      hostname: 'pc',
      state: 'bound',
      grantedAt: at,
      expiresAt: at + 3_600_000,
    },
  ]);
  const sum = { sha256: 'a'.repeat(64), size: 7, addedAt: at, addedBy: 'test', source: '/tmp' };
  const incoming = await context.bootStore.take(bytes());
  await context.bootStore.place(incoming, 'bzImage@6.12.0');
  await context.store.commit(() => {
    context.logins.add(1, 'ada', 'login', at);
    context.users.add('ada', 'scrypt$1$1$1$AAAA$AAAA', at, 'test');
    context.bootFiles.add({ ...sum, name: 'bzImage', version: '6.12.0' });
    new TraceRepository(world.store).append(
      world.decisions.map((decision) => ({ ...decision, at, last: at, count: 1 })),
    );
  });
  await addSnapin(context, { name: '7-Zip', file: '7z.msi', template: 'msi' }, { source: bytes() }, 'test');
  await assignSnapin(context, '7-Zip', 'assign', { hosts: ['lab-pc-01'] });
  await context.store.commit(() => {
    const job = context.snapinTasks.addJob(1, at);
    const task = {
      id: 1_000_001,
      jobId: job.id,
      snapinId: 1,
      snapin: '7-Zip',
      createdAt: at,
      createdBy: 'test',
    };
    context.snapinTasks.add(task);
  });
  world.services.push({ name: 'tftp', state: 'running', detail: 'port 69/udp' });
  return world;
}

async function* bytes() {
  yield Buffer.from('a linux');
}

async function capture(world: World, content: string): Promise<void> {
  await createTask(world.context, { host: 'lab-pc-03', type: 'capture', image: 'base' }, 'test');
  const machine = await world.boot(CAPTURED);
  await machine.head();
  await machine.fos('Pre_Stage1.php', `mac=${CAPTURED}&type=up`);
  const [share] = [...world.exports.values()].filter(({ access }) => access === 'RW');
  writeSmallImage(join(share?.folder ?? '', CAPTURED.replaceAll(':', '')), content);
  const answer = await machine.fos('Post_Stage2.php', `mac=${CAPTURED}&type=up`);
  if (answer !== '##') throw new Error(answer);
}

/** A folder as a FOG server's `/images`, with one image. */
export function makeFogImages(world: Pick<World, 'images'>): string {
  const folder = join(world.images, '..', 'old-fog');
  mkdirSync(folder);
  writeSmallImage(join(folder, 'win10'));
  return folder;
}
