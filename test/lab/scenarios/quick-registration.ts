/**
 * The first half of the main job: an unknown PC gets a menu, registers itself with its hardware, and after
 * the reboot is a known host that goes on to its disk. With fogd as the DHCP server, and beside others.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parsePorts } from '#settings/formats.js';
import { loadSettings } from '#settings/load.js';
import { bootedLine } from '../boot-disk.js';
import { chooseMenuItem } from '../boot-menu.js';
import type { FogdUnderTest } from '../fogd.js';
import { FOREIGN_SERVERS } from '../foreign-servers.js';
import { SERVER_IPV4 } from '../network.js';
import type { Lab, Scenario } from '../scenario.js';
import { DEFAULT_IDENTITY, type Firmware, type VirtualPc } from '../virtual-pc.js';
import { dhcpMessages } from '../wire-dhcp.js';
import { httpRequests } from '../wire-http.js';
import { tftpTransfers } from '../wire-tftp.js';
import { assertFosCalls, fosCalls } from './fos-calls.js';
import { waitForRestart } from './imaging-os.js';
import { type Dhcp, fogdSettings, MENU } from './segment.js';

async function quickRegistration(lab: Lab, firmware: Firmware, dhcp: Dhcp): Promise<void> {
  if (dhcp !== 'server') {
    const host = await lab.network.addHost('dhcp', { address: 2 });
    await FOREIGN_SERVERS[dhcp]({ network: lab.network, host, folder: lab.folder });
    lab.step(`${dhcp} leases addresses on 10.77.0.2`);
  }
  const fogd = await lab.startFogd(fogdSettings(dhcp));
  lab.step('fogd runs');
  const nonce = randomBytes(6).toString('hex');
  const pc = await lab.powerOn(firmware, nonce);
  lab.step('PC switched on');

  await pc.screen.waitFor('Host is NOT registered!', 300_000);
  lab.step('the menu for unknown machines');
  assert.deepEqual(hostsOf(fogd, pc), [], 'a host before anyone registered');
  const start = await chooseMenuItem(pc.screen, MENU.quick, 120_000);
  lab.step(`chose "${MENU.quick}"`);

  await waitForRestart(pc, 1, 300_000, start);
  const beforeReboot = pc.screen.mark();
  lab.step('registered, and rebooted');
  const name = assertStored(fogd, pc);
  lab.step(`host ${name} and its inventory are in the store`);

  await pc.screen.waitFor(`Host is registered as ${name}!`, 300_000, beforeReboot);
  lab.step('the menu for known hosts');
  const chosen = await chooseMenuItem(pc.screen, MENU.local, 120_000, beforeReboot);
  await pc.waitForDiskBoot(bootedLine(nonce), 120_000, chosen);
  lab.step('booted from its disk');
  assert.equal(pc.resets, 1, 'one reboot, not more');

  await pc.powerOff();
  await lab.finish();
  assertTraced(fogd, pc);
  await assertWire(lab, pc, firmware, dhcp);
  lab.step('the wire shows what it should');
}

interface StoredHost {
  readonly name: string;
  readonly pending: number;
  readonly reported: string | null;
}

function hostsOf(fogd: FogdUnderTest, pc: VirtualPc): StoredHost[] {
  return fogd.select<StoredHost>(
    `SELECT name, hosts.pending, reported FROM hosts JOIN host_macs ON host_macs.host_id = hosts.id
     LEFT JOIN inventory ON inventory.host_id = hosts.id WHERE mac = ?`,
    pc.mac,
  );
}

/** Returns the host's name. */
function assertStored(fogd: FogdUnderTest, pc: VirtualPc): string {
  const hosts = hostsOf(fogd, pc);
  assert.equal(hosts.length, 1, 'exactly one host owns the MAC');
  const [host] = hosts;
  assert.ok(host);
  assert.equal(host.pending, 0);
  assert.equal(host.name, pc.mac.replaceAll(':', ''), 'quick registration names the host after its MAC');
  assert.ok(host.reported, 'the host has an inventory');
  // Names as FOS sends them; the strings are the virtual PC's own, `+` and `/` unharmed.
  const expected = {
    sysman: 'Lab Maker',
    sysproduct: 'VPC 1',
    sysserial: DEFAULT_IDENTITY.serial,
    sysuuid: DEFAULT_IDENTITY.uuid,
    mbasset: 'No~7',
    caseasset: 'What?',
  };
  const reported = JSON.parse(host.reported) as Record<string, string>;
  const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, reported[key]]));
  assert.deepEqual(picked, expected);
  return host.name;
}

/** The decisions that the boot story is told from, in their order. */
function assertTraced(fogd: FogdUnderTest, pc: VirtualPc): void {
  const milestones = ['default-script-served', 'script-served', 'session-opened', 'registered', 'inventory'];
  const events = fogd
    .select<{ event: string }>(
      "SELECT event FROM trace WHERE mac = ? AND outcome = 'answered' ORDER BY id",
      pc.mac,
    )
    .map(({ event }) => event)
    .filter((event) => milestones.includes(event));
  assert.deepEqual(events, [...milestones, 'default-script-served', 'script-served']);
}

async function assertWire(lab: Lab, pc: VirtualPc, firmware: Firmware, dhcp: Dhcp): Promise<void> {
  assert.deepEqual(await lab.capture.faults(SERVER_IPV4), [], 'malformed packets from fogd');
  await assertDhcp(lab, pc, dhcp);
  if (firmware === 'uefi') await assertTftp(lab);
  const requests = await httpRequests(lab.capture);
  const paths = requests.map(({ method, target }) => `${method} ${target.split('?')[0]}`);
  const boots = paths.filter((path) => path.endsWith('/boot.php')).length;
  assert.equal(boots, 2, 'one boot script before the registration and one after');
  for (const request of requests) assert.equal(request.status, 200, `${request.method} ${request.target}`);
  assertFosCalls(fosCalls(requests), ['head', 'getversion', 'autoreg-auto.register', 'autoreg-inventory'], {
    host: SERVER_IPV4,
    macs: [pc.mac],
  });
}

/** Who answered: addresses come from the one DHCP server of the segment, boot files from fogd. */
async function assertDhcp(lab: Lab, pc: VirtualPc, dhcp: Dhcp): Promise<void> {
  const messages = await dhcpMessages(lab.capture, pc.mac);
  const leaser = dhcp === 'server' ? SERVER_IPV4 : '10.77.0.2';
  const leases = messages.filter(({ type, yourAddress }) => type === 'ACK' && yourAddress !== '0.0.0.0');
  assert.ok(leases.length >= 3, 'firmware, imaging environment and firmware again each took a lease');
  for (const lease of leases) assert.equal(lease.from, `${leaser}:67`, 'who leased the address');
  assert.deepEqual(
    messages.filter(({ type }) => type === 'NAK'),
    [],
  );
  const offers = messages.filter(({ type, from }) => type === 'OFFER' && from === `${SERVER_IPV4}:67`);
  assert.ok(offers.length > 0, 'fogd made offers');
  for (const offer of offers) assert.equal(offer.yourAddress === '0.0.0.0', dhcp !== 'server');
}

/** OVMF reads the file size with one request that it breaks off, then the file; iPXE's own client is not used. */
async function assertTftp(lab: Lab): Promise<void> {
  const transfers = await tftpTransfers(lab.capture);
  const read = transfers.filter(({ complete }) => complete);
  assert.equal(read.length, 2, 'snponly.efi in each of the two boots');
  const ports = parsePorts(loadSettings(undefined).tftp.port_range);
  for (const transfer of read) {
    assert.equal(transfer.file, 'snponly.efi');
    assert.ok(transfer.bytes > 100_000);
    assert.ok(
      ports && transfer.serverPort >= ports.first && transfer.serverPort <= ports.last,
      'inside tftp.port_range',
    );
  }
}

function scenario(name: string, firmware: Firmware, dhcp: Dhcp, who: string): Scenario {
  return {
    name,
    title: `${who}: unknown PC, menu, quick registration, known host, its disk`,
    needs: ['fogd', 'imaging-os'],
    timeoutSeconds: 720,
    run: async (lab) => await quickRegistration(lab, firmware, dhcp),
  };
}

export const quickRegistrationScenarios: readonly Scenario[] = [
  scenario('bios-server', 'bios', 'server', 'BIOS, fogd leases addresses'),
  scenario('uefi-server', 'uefi', 'server', 'UEFI, fogd leases addresses'),
  scenario('bios-proxy-dnsmasq', 'bios', 'dnsmasq', 'BIOS, fogd beside dnsmasq'),
  scenario('uefi-proxy-isc', 'uefi', 'isc', 'UEFI, fogd beside ISC dhcpd'),
];
