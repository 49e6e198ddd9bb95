/** The second half of the main job: the disk of one PC, captured and deployed to others. */
import assert from 'node:assert/strict';
import { bootedLine } from '../boot-disk.js';
import { chooseMenuItem } from '../boot-menu.js';
import { showTask } from '../imaging-tasks.js';
import { SERVER_IPV4 } from '../network.js';
import type { Lab, Scenario } from '../scenario.js';
import { httpRequests } from '../wire-http.js';
import { assertImagingCalls, bySession, fosCalls } from './fos-calls.js';
import { IMAGE, ImagingBench, imagingScenario } from './imaging-bench.js';
import { MENU } from './segment.js';

async function biosImage(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const source = await bench.sourceDisk('source', 'dos');
  await bench.capture(1, 'bios', source.path);
  await bench.assertTarget(source.content, source.path);

  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'bios', target);
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  await bench.assertTarget(source.content, target);

  const again = await bench.powerOn(2, 'bios', target);
  const chosen = await chooseMenuItem(again.screen, MENU.local, 300_000);
  await again.waitForDiskBoot(bootedLine(source.nonce), 120_000, chosen);
  lab.step('the deployed disk boots');
  await again.powerOff();

  const boots = bySession(fosCalls(await httpRequests(lab.capture)));
  const values = (number: number) => {
    const { mac, uuid } = bench.machine(number);
    return { host: SERVER_IPV4, mac, uuid, macs: [mac] };
  };
  assert.equal(boots.length, 2, 'one boot each captured and deployed');
  const start = ['head', 'getversion'];
  assertImagingCalls(boots[0] ?? [], [...start, 'capture-Pre_Stage1', 'capture-Post_Stage2'], values(1));
  assertImagingCalls(
    boots[1] ?? [],
    [...start, 'deploy-Pre_Stage1', 'deploy-inventory', 'deploy-Post_Stage3'],
    values(2),
  );
  assert.deepEqual(await lab.capture.faults(SERVER_IPV4), [], 'malformed packets from fogd');
  lab.step('the wire shows what it should');
}

async function uefiImage(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'n');
  const source = await bench.sourceDisk('source', 'gpt');
  await bench.capture(1, 'uefi', source.path);
  await bench.assertTarget(source.content, source.path);

  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'uefi', target);
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  const content = await bench.assertTarget(source.content, target, { resized: true });
  // The NTFS volume is smaller than the room that a shrunk one is left with (500 MiB), so it keeps its size (spec 2.2, pct).
  const ext4 = content.volumes.findIndex(({ identity }) => identity.TYPE === 'ext4');
  const [before, after] = [source.content.volumes[ext4]?.bytes, content.volumes[ext4]?.bytes];
  assert.ok((after ?? 0) > (before ?? 0), `ext4: ${after} bytes on the larger disk, ${before} before`);
  lab.step('the file system has grown');
}

/** One image as a whole disk in pieces by zstd, then captured anew as partitions in pieces by gzip. */
async function rawAndSplit(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'dd');
  await bench.fogd.cli('image', 'change', IMAGE, '--format', '6');
  // A GPT has its second half at the end of the disk, which a larger disk has elsewhere.
  const source = await bench.sourceDisk('source', 'dos');
  for (const [index, files] of [
    [`${IMAGE}.000`],
    ['d1.mbr', 'd1.original.swapuuids', 'd1.partitions', 'd1p1.img', 'd1p2.img', 'd1p3.img'],
  ].entries()) {
    await bench.capture(1, 'bios', source.path);
    assert.deepEqual(Object.keys(bench.published()).sort(), files);
    const target = bench.blankDisk(`target${index}`);
    const task = await bench.order('deploy', 2, '--shutdown');
    const pc = await bench.powerOn(2, 'bios', target);
    await bench.complete(task, pc);
    await pc.waitForPowerOff(120_000);
    await bench.assertTarget(source.content, target);
    await bench.fogd.cli('image', 'change', IMAGE, '--type', 'mps', '--format', '2');
  }
}

async function oneSlot(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps', { tasks: { max_clients: 1 } });
  const source = await bench.sourceDisk('source', 'dos', undefined, 3);
  await bench.capture(1, 'bios', source.path);
  const numbers = [2, 3, 4];
  const machines = await Promise.all(
    numbers.map(async (number) => {
      const task = await bench.order('deploy', number, '--shutdown');
      const path = bench.blankDisk(`target${number}`);
      return { task, path, pc: await bench.powerOn(number, 'bios', path) };
    }),
  );
  for (const { task, pc } of machines) await bench.complete(task, pc, 300_000);
  for (const { pc } of machines) await pc.waitForPowerOff(120_000);
  const order = bench.fogd.select<{ id: number }>(
    'SELECT id FROM tasks WHERE type_id = 1 ORDER BY checked_in_at, id',
  );
  const tasks = await Promise.all(order.map(async ({ id }) => await showTask(bench.fogd, id)));
  tasks.slice(1).forEach((task, index) => {
    const before = tasks[index]?.finishedAt ?? Number.POSITIVE_INFINITY;
    assert.ok((task.startedAt ?? 0) >= before, `task ${task.id} began before the one in front was done`);
  });
  lab.step('one after the other, in the order of check-in');
  for (const { path } of machines) await bench.assertTarget(source.content, path);
}

export const imageScenarios: readonly Scenario[] = [
  imagingScenario(
    'one-slot',
    'three PCs, one slot: deployed one after the other in the order they came',
    1500,
    oneSlot,
  ),
  imagingScenario(
    'uefi-image',
    'UEFI, GPT, resizable: captured, deployed to a larger disk, grown',
    1200,
    uefiImage,
  ),
  imagingScenario(
    'bios-image',
    'BIOS, MBR: captured, deployed to a larger disk, which boots',
    1200,
    biosImage,
  ),
  imagingScenario(
    'raw-and-split',
    'a whole disk in pieces (dd, zstd), then partitions in pieces (mps, gzip): the same disk',
    1500,
    rawAndSplit,
  ),
];
