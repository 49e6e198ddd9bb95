import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork } from '../../lab/network.js';
import { command, LabProcess } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** `fogd task watch` as a person and as a script have it. */
let network: LabNetwork;
let fogd: FogdUnderTest;

beforeAll(async () => {
  network = await LabNetwork.create();
  fogd = await FogdUnderTest.start({
    network,
    folder: network.folder,
    settings: { images: { reserve_mib: 0 } },
  });
  await fogd.cli('image', 'add', 'base');
  await fogd.cli('host', 'add', 'pc', '52:54:00:00:00:01');
});
afterAll(async () => {
  await fogd.stop();
  await network.close();
});

const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');
const argv = (...more: string[]) => [
  process.execPath,
  PROGRAM,
  'task',
  'watch',
  ...more,
  '--state',
  fogd.state,
];
const order = async () =>
  String(
    (JSON.parse(await fogd.cli('task', 'capture', 'pc', '--image', 'base', '--json')) as { id: number }).id,
  );

it('has nothing to follow: says so and ends with 0', async () => {
  expect(await command(argv())).toMatchObject({ code: 0, stdout: 'no active tasks\n' });
});

it('prints a line for each change, none twice, and ends with 1 when the task is cancelled', async () => {
  const id = await order();
  const watch = new LabProcess(network.cleanup, {
    argv: argv('pc'),
    logFile: join(network.folder, 'watch.log'),
  });
  await watch.waitForOutput('pc Capture base: Queued\n');
  await fogd.cli('task', 'cancel', id);
  expect(await watch.exited).toMatchObject({ code: 1 });
  expect(watch.output).toBe('pc Capture base: Queued\npc Capture base: Cancelled (cancelled by cli)\n');
});

it('redraws its lines on a terminal, also one that does not know its width: nothing was shown', async () => {
  const id = await order();
  const terminal = ['script', '-qec', argv(id).join(' '), '/dev/null'];
  const watch = new LabProcess(network.cleanup, {
    argv: terminal,
    logFile: join(network.folder, 'screen.log'),
  });
  await watch.waitForOutput('Queued');
  await fogd.cli('task', 'cancel', id);
  expect(await watch.exited).toMatchObject({ code: 1 });
  expect(watch.output).toContain('\x1b[1A\x1b[2Kpc Capture base: Cancelled');
});

it('names a task that is not there', async () => {
  expect(await command(argv('99'))).toMatchObject({ code: 1, stderr: expect.stringContaining('task 99') });
});
