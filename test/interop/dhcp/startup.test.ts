import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Decision } from '#trace/decision.js';
import { dnsmasq } from '../../lab/foreign-programs.js';
import { proxySettings, RunningDhcp, serverSettings } from './fogd.js';
import { Segment } from './segment.js';

let segment: Segment;

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addHost('srv', { eth0: { address: '10.77.0.1/24' }, bare0: {} });
});

afterEach(() => segment.stopAll());
afterAll(() => segment.close());

/** The line with which a start was refused. */
async function refusal(
  dhcp: ReturnType<typeof serverSettings>,
  wrap: readonly string[] = [],
): Promise<string> {
  const { output } = await RunningDhcp.launch(segment, 'srv', { dhcp }, wrap).program.ended;
  return /^refused (.*)$/m.exec(output)?.[1] ?? output;
}

const LATE = 'link add late0 type veth peer name late1';

test('an unknown interface and one without IPv4 address are named, and served as soon as they can be', async () => {
  const fogd = await RunningDhcp.start(segment, 'srv', {
    dhcp: { ...proxySettings(), interfaces: ['late0', 'bare0'] },
  });
  const health = await fogd.health();
  expect(health).toMatch(/interface late0 does not exist: name one of [^"]*eth0.* in dhcp.interfaces/);
  expect(health).toContain('interface bare0 has no IPv4 address: ');
  expect(health).toContain('"degraded"');

  await segment.ip('srv', 'addr add 10.77.5.1/24 dev bare0');
  await segment.ip('srv', LATE, 'link set late0 up', 'link set late1 up', 'addr add 10.77.6.1/24 dev late0');
  const served =
    (name: string) =>
    ({ event, facts }: Decision) =>
      event === 'interface-served' && facts?.interface === name;
  await fogd.record('bare0', served('bare0'));
  await fogd.record('late0', served('late0'));
  expect(await fogd.health()).toContain('"ok"');

  // Gone, and another one with its name: bound to the first, the old socket would hear nothing.
  await segment.ip('srv', 'link delete late0');
  await fogd.record(
    'the loss',
    ({ event, facts }) => event === 'interface-lost' && facts?.interface === 'late0',
  );
  await segment.ip('srv', LATE, 'link set late0 up', 'link set late1 up', 'addr add 10.77.6.9/24 dev late0');
  await fogd.record(
    'the return',
    ({ event, facts }) => event === 'interface-served' && facts?.server === '10.77.6.9',
  );
});

test('server mode without a subnet of the interface', async () => {
  const subnets = [{ network: '10.99.0.0/24', ranges: ['10.99.0.10-10.99.0.20'] }];
  expect(await refusal(serverSettings({ subnets }))).toBe(
    'dhcp.mode is "server", but no subnet of dhcp.subnets contains 10.77.0.1, the address of eth0: add [[dhcp.subnets]] with ' +
      'network = "10.77.0.0/24" and a range of it, or set dhcp.mode = "proxy"',
  );
});

test('a range with our own address in it', async () => {
  const subnets = [{ network: '10.77.0.0/24', ranges: ['10.77.0.1-10.77.0.20'] }];
  expect(await refusal(serverSettings({ subnets }))).toMatch(
    /^the addresses to lease in 10\.77\.0\.0\/24 contain 10\.77\.0\.1, this server's own address on eth0: /,
  );
});

test('port 67 held by dnsmasq', async () => {
  const holder = segment.start('srv', dnsmasq('--dhcp-range=10.77.0.50,10.77.0.60,1h'));
  await holder.waitFor('DHCP, IP range');
  expect(await refusal(serverSettings())).toMatch(
    /^port 67\/udp is held by the other server \(pid 1\): stop it, or set/,
  );
});

/** A start as an ordinary user with one capability only. */
function startWith(capability: string): RunningDhcp {
  const only = `-all,+${capability}`;
  const wrap = ['setpriv', '--reuid=65534', '--clear-groups', '--inh-caps', only, '--ambient-caps', only];
  return RunningDhcp.launch(segment, 'srv', { dhcp: serverSettings() }, wrap);
}

test('without CAP_NET_BIND_SERVICE', async () => {
  const { output } = await startWith('net_raw').program.ended;
  expect(output).toContain(
    'refused fogd may not open port 67/udp on eth0: CAP_NET_BIND_SERVICE is missing: run it as the unit systemd/fogd.service does',
  );
});

test('without CAP_NET_RAW: refused before Linux 5.7, which lets anybody bind a fresh socket to an interface', async () => {
  const { program } = startWith('net_bind_service');
  const line = await program.until('a decision', (output) => /^(?:ready|refused .*)$/m.exec(output)?.[0]);
  expect(line).toMatch(/^ready$|on eth0: CAP_NET_RAW is missing/);
});
