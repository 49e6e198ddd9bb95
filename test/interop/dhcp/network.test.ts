import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Option } from '#services/dhcp/options/codes.js';
import { encode } from '#services/dhcp/packet.js';
import { toText } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import { complaints, endCapture, startCapture } from './capture.js';
import { Probe, RunningDhcp, serverSettings } from './fogd.js';
import { BIOS, clientMessage, SYSTEM } from './messages.js';
import { type Program, Segment } from './segment.js';
import { udhcpcTold } from './udhcpc.js';

let segment: Segment;
let fogd: RunningDhcp;
let capture: Program;

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addBridge('br1');
  await segment.addHost('srv', {
    eth0: { address: '10.77.0.1/24' },
    eth1: { bridge: 'br1', address: '10.78.0.1/24' },
  });
  await segment.addHost('pc', { eth0: { mac: '52:54:00:77:00:31' } });
  await segment.addHost('beyond', { eth0: { bridge: 'br1', mac: '52:54:00:77:00:32' } });
  capture = await startCapture(segment, 'br0', segment.file('all.pcap'));
});

afterEach(async () => {
  await fogd.program.stop();
});

afterAll(() => segment.close());

async function start(
  subnet: Partial<DhcpSettings['subnets'][number]>,
  changes: Partial<DhcpSettings> = {},
  hosts: Record<string, string> = {},
): Promise<void> {
  const subnets = [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'], ...subnet }];
  fogd = await RunningDhcp.start(segment, 'srv', { dhcp: serverSettings({ subnets, ...changes }), hosts });
}

async function probeOn(role: string): Promise<Probe> {
  const probe = await Probe.start(segment, role);
  onTestFinished(() => probe.stop());
  return probe;
}

const udhcpc = (...args: string[]) => udhcpcTold(segment, 'pc', ...args);

test('an address that something holds without a lease is found out and set aside', async () => {
  await segment.addHost('squatter', { eth0: { mac: '52:54:00:77:00:99', address: '10.77.0.100/24' } });
  await start({ ranges: ['10.77.0.100-10.77.0.101'] }, { probe: true });
  const output = await udhcpc('-r', '10.77.0.100');
  expect(output).toContain('ip=10.77.0.101');
  const conflict = await fogd.record('the conflict', ({ event }) => event === 'conflict');
  expect(conflict.reasons).toEqual(['52:54:00:77:00:99 has 10.77.0.100 without a lease: set aside for 24 h']);
});

test('nothing is heard or said on an interface that is not named', async () => {
  await start({});
  const beyond = await probeOn('beyond');
  beyond.send(encode(clientMessage(1, '52:54:00:77:00:32', BIOS)));
  // The packet after it, on the named interface, is answered: the one before would have been by then.
  const here = await probeOn('pc');
  await here.ask(clientMessage(1, '52:54:00:77:00:31', BIOS), '10.77.0.1');
  await fogd.record('the offer', ({ event }) => event === 'offer');
  expect(beyond.received).toEqual([]);
  expect(fogd.records.map(({ who }) => who.mac)).toEqual(['52:54:00:77:00:31']);
});

test('BusyBox udhcpc understands what a subnet, a class and a machine of its own are given', async () => {
  await start(
    {
      router: '10.77.0.1',
      ntp: ['10.77.0.7'],
      search: ['lab.example', 'example.org'],
      routes: ['10.9.0.0/16 via 10.77.0.9'],
      lease_seconds: 600,
      options: ['252 text http://wpad/'],
    },
    {
      classes: [{ name: 'lab', mac_prefix: '52:54:00', options: ['26 uint16 1400'] }],
      hosts: [{ host: 'lab-pc', address: '10.77.0.50', boot_file: 'snponly.efi' }],
    },
    { '52:54:00:77:00:31': 'lab-pc' },
  );
  const asks = ['ntpsrv', 'search', 'staticroutes', 'mtu', 'wpad', 'bootfile'].flatMap((name) => [
    '-O',
    name,
  ]);
  const output = await udhcpc(...asks, '-V', 'PXEClient:Arch:00000:UNDI:002001', '-x', '0x5d:0000');
  expect(output).toContain('ip=10.77.0.50');
  expect(output).toContain('ntpsrv=10.77.0.7');
  expect(output).toContain('search=lab.example example.org');
  expect(output).toContain('staticroutes=10.9.0.0/16 10.77.0.9 0.0.0.0/0 10.77.0.1');
  expect(output).toContain('mtu=1400');
  expect(output).toContain('lease=600');
  expect(output).toContain('wpad=http://wpad/');
  expect(output).toContain('boot_file=snponly.efi');
});

test('dhclient, which takes 576 bytes only, reads options out of `file` and `sname` (option 52)', async () => {
  const long = 'x'.repeat(110);
  await start({ options: [`252 text ${long}`, `17 text ${long}`, `40 text ${long}`, '47 text scope'] });
  const conf = segment.file('overload.conf');
  const leases = segment.file('overload.leases');
  writeFileSync(
    conf,
    'timeout 60;\nsend dhcp-max-message-size 576;\noption wpad code 252 = text;\nrequest subnet-mask, wpad, root-path, nis-domain, netbios-scope;\n',
  );
  writeFileSync(leases, '');
  const argv = [
    'dhclient',
    '-4',
    '-1',
    '-d',
    '-v',
    '-cf',
    conf,
    '-lf',
    leases,
    '-sf',
    '/bin/true',
    '-pf',
    segment.file('overload.pid'),
    'eth0',
  ];
  const client = segment.start('pc', argv);
  onTestFinished(async () => void (await client.stop()));
  // By then it has written the lease.
  await client.waitFor('bound to');
  const written = (await segment.run('pc', ['cat', leases])).output;
  expect(written).toContain(`option wpad "${long}"`);
  expect(written).toContain(`option root-path "${long}"`);
  expect(written).toContain(`option nis-domain "${long}"`);
  expect(written).toContain('option netbios-scope "scope"');
});

test('a BOOTP client with an address of its own is served; another is not', async () => {
  await start({}, { hosts: [{ mac: '52:54:00:77:00:31', address: '10.77.0.60' }] });
  const probe = await probeOn('pc');
  const bootp = (mac: string) => ({ ...clientMessage(1, mac, SYSTEM), options: new Map() });
  const reply = await probe.ask(bootp('52:54:00:77:00:31'), '10.77.0.1');
  expect(toText(reply.yiaddr)).toBe('10.77.0.60');
  expect(reply.options.has(Option.MESSAGE_TYPE)).toBe(false);
  probe.send(encode(bootp('52:54:00:77:00:33')));
  const left = await fogd.record('the other', ({ who }) => who.mac === '52:54:00:77:00:33');
  expect(left.outcome).toBe('ignored');
});

test('a known machine is served while more invented ones ask than can be answered', async () => {
  await start({ ranges: ['10.77.0.110-10.77.0.199'] });
  expect(await udhcpc()).toContain('event=bound');
  await segment.addHost('flood', { eth0: { address: '10.77.0.9/24' } });
  const argv = [
    'perfdhcp',
    '-4',
    '-l',
    'eth0',
    '-r',
    '15000',
    '-p',
    '600',
    '-R',
    '1000000',
    '-i',
    '10.77.0.1',
  ];
  const flood = segment.start('flood', argv);
  onTestFinished(async () => void (await flood.stop()));
  await fogd.record('the flood', ({ event }) => event === 'limited');
  expect(await udhcpc()).toContain('event=bound');
  const counters = async () =>
    /(\d+) packets, (\d+) answered, 0 malformed, (\d+) over/.exec(await fogd.health())?.map(Number) ?? [];
  await expect.poll(async () => (await counters())[3]).toBeGreaterThan(1000);
  expect(flood.isOver).toBe(false);
  await flood.stop();
  const [, received = 0, answered = 0, limited = 0] = await counters();
  expect(answered + limited).toBeLessThanOrEqual(received);
});

test('tshark finds nothing wrong in what fogd sent', async () => {
  await start({});
  await endCapture(capture, segment.file('all.pcap'), 'ip.src == 10.77.0.1', 7);
  const { packets, notes } = await complaints(segment.file('all.pcap'), 'ip.src == 10.77.0.1');
  expect(packets).toBeGreaterThan(6);
  // The only thing to say: option 52 was used where it was needed.
  expect(notes.filter((note) => !note.includes('Boot file name option overloaded by DHCP'))).toEqual([]);
});
