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
import type { DiskContent } from '../read-back.js';
import type { Lab, Scenario } from '../scenario.js';
import type { VirtualPc } from '../virtual-pc.js';
import { httpRequests } from '../wire-http.js';
import { assertFosCalls, bySession, fosCalls } from './fos-calls.js';
import { PLAIN_QUESTIONS } from './full-registration.js';
import { freshNonce, IMAGE, ImagingBench, imagingScenario } from './imaging-bench.js';
import { waitForRestart } from './imaging-os.js';
import { fogdSettings, MENU } from './segment.js';

const PASSWORD = 'Tr0ub4dor plus 3';
const PRODUCT_KEY = 'ABCDE-FGH12-34567-IJKLM-NOPQR';
const REGISTERED = 'lab-pc-new';

/** Deploys to an unknown machine and to a host from their menus, after a wrong and a right login. */
async function menuLogin(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  await bench.fogd.cliWith(`${PASSWORD}\n`, 'user', 'add', 'teacher');
  const source = await bench.sourceDisk('source', 'dos', undefined, 3);
  await bench.capture(1, 'bios', source.path);

  const target = bench.blankDisk('target');
  const pc = await bench.powerOn(2, 'bios', target);
  await pc.screen.waitFor('Host is NOT registered!', 300_000);
  const login = async (password: string, from: number): Promise<number> => {
    const chosen = await chooseMenuItem(pc.screen, 'Deploy Image', 120_000, from);
    await logIn(pc, password, chosen);
    return chosen;
  };
  const wrong = await login('wrong', 0);
  const told = await pc.screen.waitFor('Invalid login!', 120_000, wrong);
  lab.step('a wrong password is told');
  const right = await login(PASSWORD, told);
  // The only image is the one that is highlighted.
  await pc.screen.waitFor(`${IMAGE} (1)`, 120_000, right);
  const begun = await pc.screen.waitFor('Return to menu', 120_000, right);
  pc.screen.key('enter');
  lab.step('chose the image after a right login');
  await pc.screen.waitFor('Partition 3 restored', 300_000, begun);
  await pc.screen.waitUntil('the machine to restart', 120_000, () => (pc.resets >= 1 ? true : undefined));
  await pc.powerOff();
  await bench.assertTarget(source.content, target);
  lab.step('the unknown machine has the image');
  const tasks = bench.fogd.select<{ type_id: number }>('SELECT type_id FROM tasks ORDER BY id');
  assert.deepEqual(tasks, [{ type_id: 2 }], 'a machine that is no host has no task');

  await registerAndDeploy(bench, source.content);
  await debugDeploy(bench, source.content);
  await lab.finish();
  assertNowhere(bench.fogd.state, lab.folder);
  lab.step('the password is in no file that fogd wrote');
}

/** Name and password, as iPXE asks for them after `from`. */
async function logIn(pc: VirtualPc, password: string, from: number): Promise<void> {
  await pc.screen.waitForLogin(120_000, from);
  await pc.screen.typeInField('teacher');
  await pc.screen.enterFirstField();
  await pc.screen.typeInField(password);
  pc.screen.key('enter');
}

/** iPXE keeps what was typed until its next start, and shows it: a person only confirms it. */
async function confirmLogin(pc: VirtualPc, from: number): Promise<void> {
  await pc.screen.waitForLogin(120_000, from);
  await pc.screen.enterFirstField();
  pc.screen.key('enter');
}

/** The full registration with an image and "deploy now": the next boot is that deploy. */
async function registerAndDeploy(bench: ImagingBench, content: DiskContent): Promise<void> {
  const target = bench.blankDisk('registered');
  const pc = await bench.powerOn(3, 'bios', target);
  await pc.screen.waitFor('Host is NOT registered!', 300_000);
  let mark = await chooseMenuItem(pc.screen, MENU.full, 120_000);
  const login = [
    ['Username', 'teacher'],
    ['Password', PASSWORD],
  ] as const;
  for (const [question, answer] of [
    ['Enter the hostname', REGISTERED],
    ['Enter the image ID', '1'],
    ...PLAIN_QUESTIONS,
    ['deploy an image', 'y'],
    ...login,
  ] as const) {
    mark = await pc.screen.waitFor(question, 300_000, mark);
    pc.screen.type(`${answer}\r`);
  }
  await waitForRestart(pc, 1, 300_000, mark);
  const [task] = bench.fogd.select<{ id: number; created_by: string }>(
    'SELECT tasks.id, tasks.created_by FROM tasks JOIN hosts ON hosts.id = tasks.host_id WHERE name = ?',
    REGISTERED,
  );
  assert.equal(task?.created_by, 'teacher');
  bench.lab.step('registered, and a deploy is ordered by who logged in');
  await bench.complete(task.id, pc);
  await pc.screen.waitUntil('the machine to restart', 120_000, () => (pc.resets >= 2 ? true : undefined));
  await pc.powerOff();
  await bench.assertTarget(content, target);
}

/** A deploy by hand: nothing is done before somebody types fog, and each step waits. */
async function debugDeploy(bench: ImagingBench, content: DiskContent): Promise<void> {
  const target = bench.blankDisk('debugged');
  const line = await bench.fogd.cli('task', 'deploy-debug', REGISTERED, '--image', IMAGE, '--json');
  const { id } = JSON.parse(line) as { id: number };
  const pc = await bench.powerOn(3, 'bios', target);
  let mark = await pc.screen.waitFor('[fog debug]', 300_000);
  assert.equal((await showTask(bench.fogd, id)).startedAt, null, 'begun before anybody said so');
  pc.screen.type('fog\r');
  for (const step of ['Checking in with the server', 'Updating the server']) {
    mark = await pc.screen.waitFor(step, 300_000, mark);
    mark = await pc.screen.waitFor('Press [Enter]', 120_000, mark);
    pc.screen.type('\r');
  }
  await waitForState(bench.fogd, id, 'Complete', 120_000);
  mark = await pc.screen.waitFor('[fog debug]', 120_000, mark);
  bench.lab.step('deployed step by step, and back in the shell');
  pc.screen.type('exit\r');
  await pc.waitForReset(1, 120_000);
  await pc.powerOff();
  await bench.assertTarget(content, target);
}

/** Who is in a hurry boots the disk; who presses the key logs in, approves the machine that waits for it, and gives it a product key. */
async function hiddenMenu(lab: Lab): Promise<void> {
  const { boot } = fogdSettings('server');
  const fogd = await lab.startFogd({
    ...fogdSettings('server'),
    boot: {
      ...(boot as object),
      menu_hidden: true,
      hidden_timeout: 10,
      advanced_login: true,
      advanced_script: 'echo lines of the admin\nsanboot --no-describe --drive 0x80',
    },
    registration: { approve: true },
  });
  await fogd.cliWith(`${PASSWORD}\n`, 'user', 'add', 'teacher');
  const line = bootedLine(freshNonce());
  const pc = await lab.powerOn('bios', line.split(' ').at(-1) ?? '');
  const open = async (from: number): Promise<number> => {
    const mark = await pc.screen.waitFor('Press ESC to access the menu', 300_000, from);
    pc.screen.key('esc');
    await logIn(pc, PASSWORD, mark);
    return mark;
  };
  let mark = await open(0);
  mark = await chooseMenuItem(pc.screen, MENU.quick, 120_000, mark);
  await waitForRestart(pc, 1, 300_000, mark);
  lab.step('opened the hidden menu, and registered');

  mark = await open(mark);
  mark = await pc.screen.waitFor('Host is pending approval!', 120_000, mark);
  mark = await chooseMenuItem(pc.screen, 'Approve This Host', 120_000, mark);
  await confirmLogin(pc, mark);
  mark = await pc.screen.waitFor('Would you like to approve this host?', 120_000, mark);
  pc.screen.type('y');
  mark = await pc.screen.waitFor('Host approved successfully', 120_000, mark);
  await waitForRestart(pc, 2, 300_000, mark);
  lab.step('approved, and told of its hardware at once');

  mark = await open(mark);
  mark = await pc.screen.waitFor('Host is registered as', 120_000, mark);
  mark = await chooseMenuItem(pc.screen, 'Update Product Key', 120_000, mark);
  await confirmLogin(pc, mark);
  mark = await pc.screen.waitFor('Please enter the product key', 120_000, mark);
  await pc.screen.typeInLine(PRODUCT_KEY);
  pc.screen.key('enter');
  mark = await pc.screen.waitFor('Successfully changed key', 120_000, mark);
  const hosts = fogd.select('SELECT pending, product_key FROM hosts');
  assert.deepEqual(hosts, [{ pending: 0, product_key: PRODUCT_KEY }]);
  lab.step('has its product key');
  mark = await chooseMenuItem(pc.screen, 'Join Multicast Session', 120_000, mark);
  await confirmLogin(pc, mark);
  mark = await pc.screen.waitFor('This server does not multicast yet', 120_000, mark);
  mark = await chooseMenuItem(pc.screen, 'Advanced Menu', 120_000, mark);
  await confirmLogin(pc, mark);
  mark = await pc.screen.waitFor('lines of the admin', 120_000, mark);
  await pc.waitForDiskBoot(line, 120_000, mark);
  lab.step('no multicast is told; the advanced menu boots the disk');

  mark = pc.screen.mark();
  pc.screen.key('enter');
  await pc.waitForReset(3, 120_000);
  mark = await open(mark);
  mark = await chooseMenuItem(pc.screen, 'Debug Mode', 120_000, mark);
  await confirmLogin(pc, mark);
  mark = await pc.screen.waitFor('[fog debug]', 300_000, mark);
  pc.screen.type('exit\r');
  await pc.waitForReset(4, 120_000);
  lab.step('a debug shell from the menu');

  await pc.screen.waitFor('Press ESC to access the menu', 300_000, mark);
  await pc.waitForDiskBoot(line, 120_000, pc.screen.mark());
  lab.step('nobody presses a key: the disk boots');
  await pc.powerOff();
  await lab.finish();
  assertNowhere(fogd.state, lab.folder);
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
  const bench = await ImagingBench.open(lab, 'mps', { tasks: { wipe_seconds: 9 } });
  const source = await bench.sourceDisk('disk', 'gpt', undefined, 3);
  const task = await orderWipe(bench);
  const pc = await bench.powerOn(1, 'bios', source.path);
  await pc.screen.waitFor(/The wipe begins in \d seconds; press s to stop it/, 300_000);
  await waitForState(bench.fogd, task, 'Complete', 120_000);
  await pc.screen.waitFor('Host is registered as', 300_000);
  lab.step('wiped, and in its menu again');
  await pc.powerOff();
  assert.notEqual((await command(['sfdisk', '-J', source.path])).code, 0, 'a partition table is left');
  assert.equal((await command(['blkid', '-p', source.path])).code, 2, 'a file system is left');
  lab.step('nothing is found on the disk');

  const nonce = freshNonce();
  const content = await writeImagingDisk({ path: source.path, table: 'dos', nonce, megabytes: 3 });
  const second = await orderWipe(bench);
  const again = await bench.powerOn(1, 'bios', source.path);
  await again.screen.waitFor('The wipe begins', 300_000);
  await again.reset();
  lab.step('reset during the count-down');
  await again.screen.waitFor('was begun once and never completed', 300_000);
  await again.waitForDiskBoot(bootedLine(nonce), 120_000, 0);
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

/** Tasks for somebody at the machine: each starts its program on the disk, and the next boot is the menu again. */
async function byHand(lab: Lab): Promise<void> {
  const bench = await ImagingBench.open(lab, 'mps');
  const source = await bench.sourceDisk('disk', 'dos', undefined, 3);
  const name = await bench.host(1);
  const run = async (task: string, more: string[], atScreen: (pc: VirtualPc) => Promise<string>) => {
    const line = await bench.fogd.cli('task', task, name, ...more, '--json');
    const { id } = JSON.parse(line) as { id: number };
    const pc = await bench.powerOn(1, 'bios', source.path);
    const state = await atScreen(pc);
    await waitForState(bench.fogd, id, state, 120_000);
    await pc.powerOff();
    lab.step(`${task}: ${state}`);
  };
  // Each level of these programs is left with q.
  const leave = (program: RegExp) => async (pc: VirtualPc) => {
    await pc.screen.waitUntil(String(program), 300_000, () =>
      program.test(pc.screen.snapshot()) ? true : undefined,
    );
    for (let levels = 0; !pc.screen.text.includes('Updating the server') && levels < 20; levels++) {
      const before = pc.screen.mark();
      pc.screen.type('q');
      await pc.screen.waitUntil('an answer to q', 120_000, () =>
        pc.screen.mark() > before ? true : undefined,
      );
    }
    return 'Complete';
  };
  await run('surface-test', [], async (pc) => {
    await pc.screen.waitFor('No bad blocks', 300_000);
    return 'Complete';
  });
  await run('testdisk', [], leave(/TestDisk \d/));
  await run('recover', [], leave(/PhotoRec \d/));
  await run('password-reset', ['--account', 'Administrator'], async (pc) => {
    await pc.screen.waitFor('No account Administrator was found', 300_000);
    return 'Failed';
  });
  await bench.assertTarget(source.content, source.path);
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
    await pc.screen.waitUntil('memtest86+ to start', 300_000, () =>
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
    'login at the menu, wrong and right: deployed to while unknown, after its full registration, and step by step',
    1800,
    menuLogin,
  ),
  imagingScenario(
    'hidden-menu',
    'the hidden menu, approval, product key, advanced menu, debug shell, and the disk when nobody presses the key',
    1200,
    hiddenMenu,
  ),
  imagingScenario(
    'fast-wipe',
    'a disk is wiped once; a wipe that was broken off is not begun again',
    900,
    fastWipe,
  ),
  imagingScenario(
    'by-hand',
    'surface test, TestDisk, PhotoRec, password reset on a disk that stays as it is',
    1200,
    byHand,
  ),
  imagingScenario('memtest', 'the memory test starts, BIOS and UEFI', 200, memoryTest),
];
