/** What is started from the menu by somebody who logs in, and tasks that image nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bootedLine } from '../boot-disk.js';
import { chooseMenuItem } from '../boot-menu.js';
import { writeImagingDisk } from '../imaging-disk.js';
import { showTask, waitForState } from '../imaging-tasks.js';
import { SERVER_IPV4 } from '../network.js';
import { command } from '../process.js';
import type { Lab, Scenario } from '../scenario.js';
import { httpRequests } from '../wire-http.js';
import { assertFosCalls, bySession, fosCalls } from './fos-calls.js';
import { freshNonce, IMAGE, ImagingBench, imagingScenario } from './imaging-bench.js';

const PASSWORD = 'Tr0ub4dor plus 3';

/** Deploys to an unknown machine and to a host from their menus, after a wrong and a right login. */
async function menuLogin(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  await bench.fogd.cliWith(`${PASSWORD}\n`, 'user', 'add', 'teacher');
  const source = await bench.sourceDisk('source', 'dos', undefined, 3);
  await bench.capture(1, 'bios', source.path);

  const target = bench.blankDisk('target');
  const pc = await bench.powerOn(2, 'bios', target);
  await pc.screen.waitFor('Host is NOT registered!', 90_000);
  const login = async (password: string, from: number): Promise<number> => {
    const chosen = await chooseMenuItem(pc.screen, 'Deploy Image', 30_000, from);
    await pc.screen.waitFor('Password', 10_000, chosen);
    await pc.screen.typeInField('teacher');
    pc.screen.key('enter');
    await pc.screen.typeInField(password);
    pc.screen.key('enter');
    return chosen;
  };
  const wrong = await login('wrong', 0);
  const told = await pc.screen.waitFor('Invalid login!', 10_000, wrong);
  lab.step('a wrong password is told');
  const right = await login(PASSWORD, told);
  // The only image is the one that is highlighted.
  await pc.screen.waitFor(`${IMAGE} (1)`, 10_000, right);
  const begun = await pc.screen.waitFor('Return to menu', 5_000, right);
  pc.screen.key('enter');
  lab.step('chose the image after a right login');
  await pc.screen.waitFor('Partition 3 restored', 120_000, begun);
  await pc.screen.waitUntil('the machine to restart', 60_000, () => (pc.resets >= 1 ? true : undefined));
  await pc.powerOff();
  await bench.assertTarget(source.content, target);
  const tasks = bench.fogd.select<{ type_id: number }>('SELECT type_id FROM tasks ORDER BY id');
  assert.deepEqual(tasks, [{ type_id: 2 }], 'a machine that is no host has no task');

  await lab.finish();
  assertNowhere(bench.fogd.state, lab.folder);
  lab.step('the password is in no file that fogd wrote');
}

/** fogd's state, its log and the stories; the capture of the wire is the lab's own. */
function assertNowhere(...folders: readonly string[]): void {
  const secrets = [PASSWORD, encodeURIComponent(PASSWORD), PASSWORD.replaceAll(' ', '+')];
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      // The wire and the screen are the lab's own recordings.
      if (!statSync(path).isFile() || /\.pcap$|\.serial\.|\.screen\./.test(name)) continue;
      const text = readFileSync(path, 'latin1');
      for (const secret of secrets) assert.ok(!text.includes(secret), `the password is in ${path}`);
    }
  }
}

/** A disk is wiped once: the second boot of a wipe that was not completed starts nothing, and the disk stays as it is. */
async function fastWipe(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps', { tasks: { wipe_seconds: 3 } });
  const source = await bench.sourceDisk('disk', 'gpt', undefined, 3);
  const task = await orderWipe(bench);
  const pc = await bench.powerOn(1, 'bios', source.path);
  await pc.screen.waitFor(/The wipe begins in \d seconds; press s to stop it/, 90_000);
  await waitForState(bench.fogd, task, 'Complete', 60_000);
  await pc.screen.waitFor('Host is registered as', 90_000);
  lab.step('wiped, and in its menu again');
  await pc.powerOff();
  assert.notEqual((await command(['sfdisk', '-J', source.path])).code, 0, 'a partition table is left');
  assert.equal((await command(['blkid', '-p', source.path])).code, 2, 'a file system is left');
  lab.step('nothing is found on the disk');

  const nonce = freshNonce();
  const content = await writeImagingDisk({ path: source.path, table: 'dos', nonce, megabytes: 3 });
  const second = await orderWipe(bench);
  const again = await bench.powerOn(1, 'bios', source.path);
  await again.screen.waitFor('The wipe begins', 90_000);
  await again.reset();
  lab.step('reset during the count-down');
  await again.screen.waitFor('was begun once and never completed', 90_000);
  await again.waitForDiskBoot(bootedLine(nonce), 60_000, 0);
  lab.step('not begun a second time: it boots its disk');
  assert.equal((await showTask(bench.fogd, second)).state, 'Failed');
  await again.powerOff();
  await bench.assertTarget(content, source.path);

  const { mac, uuid } = bench.machine(1);
  const [first] = bySession(fosCalls(await httpRequests(lab.capture)));
  assertFosCalls(first ?? [], ['head', 'getversion', 'wipe-Post_Wipe'], {
    host: SERVER_IPV4,
    mac,
    uuid,
    macs: [mac],
  });
  lab.step('the wire shows what it should');
}

async function orderWipe(bench: ImagingBench): Promise<number> {
  const name = await bench.host(1);
  return (JSON.parse(await bench.fogd.cli('task', 'fast-wipe', name, '--json')) as { id: number }).id;
}

/** Debian's memtest86+ starts, by BIOS and by UEFI. */
async function memoryTest(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  for (const [number, firmware] of [
    [1, 'bios'],
    [2, 'uefi'],
  ] as const) {
    const name = await bench.host(number);
    const { id } = JSON.parse(await bench.fogd.cli('task', 'memtest', name, '--json')) as { id: number };
    const pc = await lab.powerOn(firmware, 'unused', {
      nics: [{ mac: bench.machine(number).mac }],
      // On UEFI it wants a screen to draw on, and starts nothing without.
      extraArguments: firmware === 'uefi' ? ['-device', 'VGA'] : [],
    });
    await pc.screen.waitUntil('memtest86+ to start', 120_000, () =>
      /Memtest86\+ v\d/i.test(pc.screen.text) ? true : undefined,
    );
    assert.equal((await showTask(bench.fogd, id)).state, 'In-Progress');
    await pc.powerOff();
    lab.step(`${firmware}: memtest86+ runs`);
  }
}

export const menuTaskScenarios: readonly Scenario[] = [
  imagingScenario(
    'menu-login',
    'login at the menu, wrong and right: an unknown PC is deployed to',
    300,
    menuLogin,
  ),
  imagingScenario(
    'fast-wipe',
    'a disk is wiped once; a wipe that was broken off is not begun again',
    300,
    fastWipe,
  ),
  imagingScenario('memtest', 'the memory test starts, BIOS and UEFI', 200, memoryTest),
];
