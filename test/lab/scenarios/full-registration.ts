/**
 * A person answers the questions of the full registration at the machine; later the admin asks for its
 * hardware again, and the next network boot is that task instead of the menu.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { bootedLine } from '../boot-disk.js';
import { chooseMenuItem } from '../boot-menu.js';
import type { FogdUnderTest } from '../fogd.js';
import { SERVER_IPV4 } from '../network.js';
import type { Lab, Scenario } from '../scenario.js';
import type { VirtualPc } from '../virtual-pc.js';
import { httpRequests } from '../wire-http.js';
import { assertFosCalls, fosCalls } from './fos-calls.js';
import { waitForRestart } from './imaging-os.js';
import { fogdSettings, MENU } from './segment.js';

const NAME = 'lab-pc-01';

type Answer = readonly [question: string, answer: string];

/** Those between the image and the deploy, all passed over. */
export const PLAIN_QUESTIONS: readonly Answer[] = [
  ['with groups', ''],
  ['with snapins', ''],
  ['product key', ''],
  ['to a domain', ''],
  ['primary user', ''],
  ['other tag #1', ''],
  ['other tag #2', ''],
];

/** Questions in FOS's order, and what is typed. */
const ANSWERS: readonly Answer[] = [
  ['Enter the hostname', NAME],
  ['Enter the image ID', '?'],
  ['Enter the image ID', ''],
  ...PLAIN_QUESTIONS,
  ['deploy an image', ''],
];

async function fullRegistration(lab: Lab): Promise<void> {
  const fogd = await lab.startFogd(fogdSettings('server'));
  const line = bootedLine(randomBytes(6).toString('hex'));
  const pc = await lab.powerOn('bios', line.split(' ').at(-1) ?? '');
  lab.step('PC switched on');
  await pc.screen.waitFor('Host is NOT registered!', 300_000);
  let mark = await chooseMenuItem(pc.screen, MENU.full, 120_000);
  lab.step(`chose "${MENU.full}"`);
  let wait = 300_000;
  for (const [question, answer] of ANSWERS) {
    mark = await pc.screen.waitFor(question, wait, mark);
    pc.screen.type(`${answer}\r`);
    wait = 120_000;
  }
  lab.step('answered the questions');

  await waitForRestart(pc, 1, 300_000, mark);
  mark = await intoDisk(lab, pc, line, pc.screen.mark());
  assert.deepEqual(tasksOf(fogd), []);
  const before = inventoryTime(fogd);

  await fogd.cli('host', 'inventory', NAME);
  lab.step('the admin asked for an inventory');
  pc.screen.key('enter');
  await pc.waitForReset(2, 120_000);
  await waitForRestart(pc, 3, 300_000, mark);
  lab.step('did its task, and rebooted');
  const [task] = tasksOf(fogd);
  assert.equal(task?.state, 4, 'the task is complete');
  assert.ok(inventoryTime(fogd) > before, 'the inventory is newer');
  await intoDisk(lab, pc, line, pc.screen.mark());

  await pc.powerOff();
  assert.deepEqual(await lab.capture.faults(SERVER_IPV4), [], 'malformed packets from fogd');
  const registration = ['man.hostexists', 'hostnameloop', 'imagelisting', 'locationcheck', 'oucheck'];
  const task10 = ['Pre_Stage1', 'inventory', 'Post_Wipe'];
  assertFosCalls(
    fosCalls(await httpRequests(lab.capture)),
    [
      ...['head', 'getversion'],
      ...[...registration, 'auto.register', 'inventory'].map((name) => `manreg-${name}`),
      ...['head', 'getversion'],
      ...task10.map((name) => `inventory-task-${name}`),
    ],
    { host: SERVER_IPV4, mac: pc.mac, macs: [pc.mac] },
  );
  lab.step('the wire shows what it should');
}

/** From the known host's menu to its disk; returns a mark there. */
async function intoDisk(lab: Lab, pc: VirtualPc, line: string, from: number): Promise<number> {
  await pc.screen.waitFor(`Host is registered as ${NAME}!`, 300_000, from);
  const chosen = await chooseMenuItem(pc.screen, MENU.local, 120_000, from);
  await pc.waitForDiskBoot(line, 120_000, chosen);
  lab.step(`known as ${NAME}, and booted from its disk`);
  return pc.screen.mark();
}

function tasksOf(fogd: FogdUnderTest): { state: number }[] {
  return fogd.select<{ state: number }>(
    'SELECT state FROM tasks JOIN hosts ON hosts.id = tasks.host_id WHERE name = ?',
    NAME,
  );
}

/** Milliseconds since the epoch at which the host's inventory was stored. */
function inventoryTime(fogd: FogdUnderTest): number {
  const [row] = fogd.select<{ updated_at: number }>(
    'SELECT updated_at FROM inventory JOIN hosts ON hosts.id = inventory.host_id WHERE name = ?',
    NAME,
  );
  assert.ok(row, `${NAME} has an inventory`);
  return row.updated_at;
}

export const fullRegistrationScenarios: readonly Scenario[] = [
  {
    name: 'bios-full-registration',
    title: 'BIOS, fogd leases addresses: full registration by hand, later an inventory task from the admin',
    needs: ['fogd', 'imaging-os'],
    timeoutSeconds: 1200,
    run: fullRegistration,
  },
];
