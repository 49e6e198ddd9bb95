/** The first packets: what firmware gets from fogd as DHCP server, beside other servers, and from those with fogd's advice. */
import assert from 'node:assert/strict';
import { FOREIGN_SERVERS, type ForeignKind } from '../foreign-servers.js';
import { SERVER_IPV4 } from '../network.js';
import type { Lab, Scenario } from '../scenario.js';
import type { Firmware } from '../virtual-pc.js';
import { type DhcpMessage, dhcpMessages } from '../wire-dhcp.js';
import { httpRequests } from '../wire-http.js';
import { fogdSettings } from './segment.js';

const IN_THE_MENU = 'Host is NOT registered!';
const KINDS: readonly ForeignKind[] = ['dnsmasq', 'isc', 'kea'];
const FIRMWARES: readonly Firmware[] = ['bios', 'uefi'];

/** A BIOS and a UEFI machine beside each other, to the menu; returns their addresses on the wire. */
async function bootBoth(lab: Lab, round: number): Promise<string[]> {
  const pcs = await Promise.all(
    FIRMWARES.map((firmware, index) => {
      const mac = `52:54:00:77:0${round}:0${index + 1}`;
      return lab.powerOn(firmware, 'none', { nics: [{ mac }] });
    }),
  );
  await Promise.all(pcs.map((pc) => pc.screen.waitFor(IN_THE_MENU, 300_000)));
  for (const pc of pcs) await pc.powerOff();
  return pcs.map(({ mac }) => mac);
}

/** `advised`: fogd stays out, and the other server says what fogd advises; else fogd is a proxy beside it. */
async function besideOthers(lab: Lab, advised: boolean): Promise<void> {
  const host = await lab.network.addHost('dhcp', { address: 2 });
  const settings = fogdSettings('isc');
  const fogd = await lab.startFogd(advised ? { ...settings, dhcp: { mode: 'off' } } : settings);
  const macs: string[] = [];
  for (const [round, kind] of KINDS.entries()) {
    const advice = advised ? await fogd.cli('dhcp', 'advise', kind) : undefined;
    const server = await FOREIGN_SERVERS[kind]({
      ...{ network: lab.network, host, folder: lab.folder },
      ...(advice === undefined ? {} : { advice }),
    });
    macs.push(...(await bootBoth(lab, round)));
    await server.stop();
    lab.step(`BIOS and UEFI came to the menu ${advised ? 'by' : 'beside'} ${kind}`);
  }
  await lab.finish();
  for (const mac of macs) await assertServed(lab, mac, advised);
  assert.deepEqual(await lab.capture.faults(SERVER_IPV4), [], 'malformed packets from fogd');
}

async function assertServed(lab: Lab, mac: string, advised: boolean): Promise<void> {
  const messages = await dhcpMessages(lab.capture, mac);
  const of = (server: string) => messages.filter(({ from }) => from.startsWith(`${server}:`));
  const leases = of('10.77.0.2').filter(({ type }) => type === 'ACK');
  assert.ok(leases.length >= 1, `${mac} has its address from the other server`);
  assert.equal(of(SERVER_IPV4).length > 0, !advised, 'whether fogd says anything by DHCP');
  for (const { yourAddress } of of(SERVER_IPV4))
    assert.equal(yourAddress, '0.0.0.0', 'a proxy leases nothing');
}

/** UEFI firmware without PXE: DHCP gives a URL, HTTP the boot loader. */
async function httpBoot(lab: Lab): Promise<void> {
  await lab.startFogd(fogdSettings('server'));
  const pc = await lab.powerOn('uefi', 'none', {
    extraArguments: ['-fw_cfg', 'name=opt/org.tianocore/IPv4PXESupport,string=no'],
  });
  await pc.screen.waitFor(IN_THE_MENU, 300_000);
  lab.step('the menu for unknown machines');
  await pc.powerOff();
  await lab.finish();
  const offers = (await dhcpMessages(lab.capture, pc.mac)).filter(({ type }) => type === 'OFFER');
  assert.equal(offers[0]?.vendorClass, 'HTTPClient');
  assert.equal(offers[0]?.bootFile, `http://${SERVER_IPV4}/fog/service/ipxe/snponly.efi`);
  const requests = await httpRequests(lab.capture);
  const loader = requests.filter(({ target }) => target.endsWith('/snponly.efi'));
  assert.ok(loader.some(({ method, status }) => method === 'GET' && status === 200));
  assert.deepEqual(await lab.capture.faults(SERVER_IPV4), [], 'malformed packets from fogd');
}

/** Four machines at once and five addresses: iPXE gives up for good at the first NAK, so none may be sent. */
async function fourAtOnce(lab: Lab): Promise<void> {
  const subnets = [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.104'] }];
  const settings = fogdSettings('server');
  const dhcp = { mode: 'server', interfaces: ['eth0'], subnets };
  const fogd = await lab.startFogd({ ...settings, dhcp });
  const pcs = await Promise.all(
    [1, 2, 3, 4].map((n) => lab.powerOn('bios', 'none', { nics: [{ mac: `52:54:00:77:00:0${n}` }] })),
  );
  await Promise.all(pcs.map((pc) => pc.screen.waitFor(IN_THE_MENU, 300_000)));
  lab.step('all four are in the menu');
  const leases = async () =>
    JSON.parse(await fogd.cli('lease', 'list', '--json')) as { mac: string; address: string }[];
  const [first, ...others] = await leases();
  assert.deepEqual([first, ...others].map((one) => one?.mac).sort(), pcs.map(({ mac }) => mac).sort());
  await fogd.cli('lease', 'release', first?.address ?? 'none');
  assert.deepEqual(await leases(), others);
  for (const pc of pcs) await pc.powerOff();
  await lab.finish();
  const messages: DhcpMessage[] = [];
  for (const { mac } of pcs) messages.push(...(await dhcpMessages(lab.capture, mac)));
  assert.deepEqual(
    messages.filter(({ type }) => type === 'NAK'),
    [],
  );
  const addressOf = (mac: string) =>
    new Set(messages.filter((one) => one.mac === mac && one.type === 'ACK').map((one) => one.yourAddress));
  const given = pcs.map(({ mac }) => [...addressOf(mac)]);
  for (const addresses of given) assert.equal(addresses.length, 1, 'one address in the whole boot');
  assert.equal(new Set(given.flat()).size, 4, 'four machines, four addresses');
}

const needs = ['fogd'] as const;

export const dhcpScenarios: readonly Scenario[] = [
  {
    name: 'proxy-beside-others',
    title: 'BIOS and UEFI firmware come to the menu with fogd as proxy beside dnsmasq, ISC dhcpd and Kea',
    needs,
    timeoutSeconds: 900,
    run: async (lab) => await besideOthers(lab, false),
  },
  {
    name: 'dhcp-advised',
    title:
      'fogd sends no DHCP; BIOS and UEFI come to the menu by dnsmasq, ISC dhcpd and Kea with what it advises',
    needs,
    timeoutSeconds: 900,
    run: async (lab) => await besideOthers(lab, true),
  },
  {
    name: 'http-boot',
    title: 'UEFI firmware boots by HTTP without PXE and TFTP',
    needs,
    timeoutSeconds: 450,
    run: httpBoot,
  },
  {
    name: 'four-at-once',
    title: 'four machines switched on together, five addresses: each gets its own, without a NAK',
    needs,
    timeoutSeconds: 540,
    run: fourAtOnce,
  },
];
