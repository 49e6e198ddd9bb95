/** What happens to images and targets when something is taken away in the middle of the work. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { killNfsServer } from '../faults.js';
import { showTask, type TaskLine, waitForState, waitForTask } from '../imaging-tasks.js';
import type { Lab, Scenario } from '../scenario.js';
import type { VirtualPc } from '../virtual-pc.js';
import { IMAGE, ImagingBench, imagingScenario } from './imaging-bench.js';

/** Enough for the larger partition to take seconds. */
const MEGABYTES = 60;

/** The imaging environment says this when the first partition is done and the large one begins. */
const DEPLOYING_SECOND = 'Restoring partition 2';
const CAPTURING_SECOND = 'Capturing partition 2';

async function reach(pc: VirtualPc, text: string | RegExp): Promise<void> {
  await pc.screen.waitFor(text, 300_000);
}

async function captureKilled(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const first = await bench.sourceDisk('first', 'dos', undefined, 3);
  await bench.capture(1, 'bios', first.path);
  const before = bench.published();
  const second = await bench.sourceDisk('second', 'gpt', undefined, MEGABYTES);
  const task = await bench.order('capture', 2);
  const pc = await bench.powerOn(2, 'bios', second.path);
  await reach(pc, CAPTURING_SECOND);
  await bench.fogd.kill();
  lab.step('killed fogd in the middle of the capture');
  assert.deepEqual(bench.published(), before, 'the old generation, while fogd is dead');
  bench.fogd = await lab.restartFogd();
  assert.deepEqual(bench.published(), before, 'the old generation, after the restart');
  assert.notEqual((await showTask(bench.fogd, task)).state, 'Complete');
  await pc.reset();
  lab.step('the machine starts over');
  await bench.complete(task, pc);
  await pc.powerOff();
  assert.notDeepEqual(bench.published(), before, 'a new generation is published');
  const target = bench.blankDisk('target');
  const deploy = await bench.order('deploy', 3, '--shutdown');
  const other = await bench.powerOn(3, 'bios', target);
  await bench.complete(deploy, other);
  await other.waitForPowerOff(120_000);
  await bench.assertTarget(second.content, target);
}

async function deployKilled(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const source = await bench.sourceDisk('source', 'gpt', undefined, MEGABYTES);
  await bench.capture(1, 'bios', source.path);
  const faults = [
    async () => {
      await bench.fogd.kill();
      bench.fogd = await lab.restartFogd();
      lab.step('killed fogd in the middle of a deploy, and started it again');
    },
    async (task: number) => {
      killNfsServer(bench.fogd.state);
      lab.step('killed the NFS server in the middle of a deploy');
      const told = ({ progress }: TaskLine) => JSON.stringify(progress);
      const before = told(await showTask(bench.fogd, task));
      await waitForTask(bench.fogd, task, 'going on', (now) => told(now) !== before, 120_000);
      lab.step('the machine reports that it copies on');
    },
  ];
  for (const [index, fault] of faults.entries()) {
    const target = bench.blankDisk(`target${index}`);
    const task = await bench.order('deploy', 2 + index, '--shutdown');
    const pc = await bench.powerOn(2 + index, 'bios', target);
    await reach(pc, DEPLOYING_SECOND);
    await fault(task);
    await bench.complete(task, pc);
    await pc.waitForPowerOff(120_000);
    assert.equal(pc.resets, 0, 'the deploy went on; it did not start over');
    await bench.assertTarget(source.content, target);
  }
}

async function swapUnderDeploy(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const old = await bench.sourceDisk('old', 'gpt');
  await bench.capture(1, 'bios', old.path);
  const before = bench.published();
  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'bios', target);
  await reach(pc, DEPLOYING_SECOND);
  // Held there, so that the new generation is surely published before this machine reads on.
  await pc.pause();
  const fresh = await bench.sourceDisk('fresh', 'gpt', undefined, 3);
  await bench.capture(3, 'bios', fresh.path);
  assert.notDeepEqual(bench.published(), before, 'a new generation is published');
  assert.equal((await showTask(bench.fogd, task)).state, 'In-Progress');
  await pc.resume();
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  await bench.assertTarget(old.content, target);
}

/** No session is left open, and the NFS server exports nothing. */
async function assertNothingOpen(bench: ImagingBench): Promise<void> {
  const sessions = bench.fogd.select("SELECT id FROM boot_sessions WHERE state <> 'ended'");
  assert.deepEqual(sessions, [], 'open sessions');
  const nfs = (await bench.fogd.services()).find(({ name }) => name === 'nfs');
  assert.equal(nfs?.detail, 'port 2049, 0 exports');
}

async function deployCancelled(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const source = await bench.sourceDisk('source', 'gpt', undefined, MEGABYTES);
  await bench.capture(1, 'bios', source.path);
  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2);
  const pc = await bench.powerOn(2, 'bios', target);
  await reach(pc, DEPLOYING_SECOND);
  const mark = pc.screen.mark();
  await bench.fogd.cli('task', 'cancel', String(task));
  lab.step('cancelled in the middle of the deploy');
  await pc.screen.waitFor(/restarts in \d+ seconds/, 120_000, mark);
  await waitForState(bench.fogd, task, 'Cancelled', 120_000);
  await assertNothingOpen(bench);
  assert.match(
    await bench.fogd.story(bench.machine(2).mac),
    /stopped: its task \d+ \(Deploy\) was cancelled by cli/,
  );
  const again = await bench.order('deploy', 2, '--shutdown');
  await pc.reset();
  await bench.complete(again, pc);
  await pc.waitForPowerOff(120_000);
  await bench.assertTarget(source.content, target);
}

async function cancelled(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const first = await bench.sourceDisk('first', 'dos', undefined, 3);
  await bench.capture(1, 'bios', first.path);
  const before = bench.published();
  const second = await bench.sourceDisk('second', 'gpt', undefined, MEGABYTES);
  const task = await bench.order('capture', 2);
  const pc = await bench.powerOn(2, 'bios', second.path);
  await reach(pc, CAPTURING_SECOND);
  const mark = pc.screen.mark();
  await bench.fogd.cli('task', 'cancel', String(task));
  lab.step('cancelled in the middle of the capture');
  await pc.screen.waitFor(/restarts in \d+ seconds/, 120_000, mark);
  await waitForState(bench.fogd, task, 'Cancelled', 120_000);
  assert.deepEqual(bench.published(), before, 'the old generation is untouched');
  await assertNothingOpen(bench);
  await pc.reset();
  await pc.screen.waitFor(`Host is registered as ${await bench.host(2)}!`, 300_000, mark);
  lab.step('the machine boots into its menu again');
  await pc.powerOff();
}

/** The power goes in the middle of a deploy: the machine checks in again, keeps its slot, and its disk is whole in the end. */
async function powerCut(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps', { tasks: { max_clients: 1 } });
  const source = await bench.sourceDisk('source', 'gpt', undefined, MEGABYTES);
  await bench.capture(1, 'bios', source.path);
  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'bios', target);
  await reach(pc, DEPLOYING_SECOND);
  await pc.reset();
  lab.step('the power went in the middle of the deploy');
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  const [row] = bench.fogd.select<{ attempts: number }>('SELECT attempts FROM tasks WHERE id = ?', task);
  assert.equal(row?.attempts, 2, 'two boots have begun it');
  await bench.assertTarget(source.content, target);
}

/** The power goes in the middle of a capture: nothing half is published, and the machine begins again with an empty folder; then the NFS server dies. */
async function powerCutCapture(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const source = await bench.sourceDisk('source', 'gpt', undefined, MEGABYTES);
  const task = await bench.order('capture', 1);
  const pc = await bench.powerOn(1, 'bios', source.path);
  await reach(pc, CAPTURING_SECOND);
  const mark = pc.screen.mark();
  await pc.reset();
  lab.step('the power went in the middle of the capture');
  assert.equal(existsSync(join(bench.fogd.state, 'images', IMAGE)), false, 'nothing half is published');
  await pc.screen.waitFor(CAPTURING_SECOND, 300_000, mark);
  killNfsServer(bench.fogd.state);
  lab.step('killed the NFS server in the middle of the second try');
  await bench.complete(task, pc);
  const [row] = bench.fogd.select<{ attempts: number }>('SELECT attempts FROM tasks WHERE id = ?', task);
  assert.equal(row?.attempts, 2, 'the capture went on; it did not start over once more');
  await pc.powerOff();
  await bench.verified();
  const target = bench.blankDisk('target');
  const deploy = await bench.order('deploy', 2, '--shutdown');
  const other = await bench.powerOn(2, 'bios', target);
  await bench.complete(deploy, other);
  await other.waitForPowerOff(120_000);
  await bench.assertTarget(source.content, target);
}

/** FOG's two exports for everybody: a capture waits until the deploy of the old generation has ended. */
async function openExports(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps', { nfs: { exports: 'open' } });
  const old = await bench.sourceDisk('old', 'gpt');
  await bench.capture(1, 'bios', old.path);
  const before = bench.published();
  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'bios', target);
  await reach(pc, DEPLOYING_SECOND);
  await pc.pause();
  const fresh = await bench.sourceDisk('fresh', 'gpt', undefined, 3);
  const capture = await bench.order('capture', 1);
  const source = await bench.powerOn(1, 'bios', fresh.path);
  await bench.complete(capture, source);
  await source.powerOff();
  lab.step('captured a new generation, which waits');
  assert.deepEqual(bench.published(), before, 'the old generation stays under the deploy');
  await pc.resume();
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  await bench.assertTarget(old.content, target);
  await bench.placed(2);
  assert.notDeepEqual(bench.published(), before, 'the new generation is in its place');
}

export const faultScenarios: readonly Scenario[] = [
  imagingScenario(
    'deploy-killed',
    'fogd, then the NFS server killed in a deploy: it goes on, identical',
    1500,
    deployKilled,
  ),
  imagingScenario(
    'capture-killed',
    'fogd killed in a capture: old generation whole, the retry completes',
    1500,
    captureKilled,
  ),
  imagingScenario(
    'swap-under-deploy',
    'a capture published in the middle of a deploy: old image, whole',
    1500,
    swapUnderDeploy,
  ),
  imagingScenario(
    'cancel-deploy',
    'a deploy cancelled in its middle: the PC stops, the next deploy is whole',
    1500,
    deployCancelled,
  ),
  imagingScenario(
    'cancel',
    'a capture cancelled in its middle: nothing published, the PC boots again',
    1500,
    cancelled,
  ),
  imagingScenario(
    'power-cut',
    'the power goes in the middle of a deploy: begun again, in its slot, whole',
    1200,
    powerCut,
  ),
  imagingScenario(
    'power-cut-capture',
    'the power goes in a capture, the NFS server in its retry: nothing half published, then whole',
    1200,
    powerCutCapture,
  ),
  imagingScenario(
    'open-exports',
    'nfs.exports = "open": a capture waits for the running deploy, which gets the old image, whole',
    1200,
    openExports,
  ),
];
