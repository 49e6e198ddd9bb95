import { afterAll, beforeAll, expect, test } from 'vitest';
import { udhcpcOnce } from '../../lab/foreign-programs.js';
import { complaints, endCapture, startCapture } from './capture.js';
import { Probe, RunningDhcp, serverSettings } from './fogd.js';
import { clientMessage, SYSTEM } from './messages.js';
import { exchanges } from './perfdhcp.js';
import { type Program, Segment } from './segment.js';

let segment: Segment;
let fogd: RunningDhcp;
let relay: Program;
let capture: Program;

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addBridge('br1');
  await segment.addHost('srv', { eth0: { address: '10.77.0.1/24' } });
  await segment.addHost('relay', {
    up0: { address: '10.77.0.2/24' },
    down0: { bridge: 'br1', address: '10.78.0.1/24' },
  });
  await segment.addHost('far', { eth0: { bridge: 'br1', mac: '52:54:00:78:00:01' } });
  await segment.ip('srv', 'route add 10.78.0.0/24 via 10.77.0.2');
  capture = await startCapture(segment, 'br0', segment.file('up.pcap'));
  const near = serverSettings().subnets;
  const subnets = [
    ...near,
    { network: '10.78.0.0/24', ranges: ['10.78.0.100-10.78.0.109'], router: '10.78.0.1' },
  ];
  fogd = await RunningDhcp.start(segment, 'srv', { dhcp: serverSettings({ subnets }) });
  const argv = [
    'dhcrelay',
    '-4',
    '-d',
    '--no-pid',
    '-a',
    '-m',
    'replace',
    '-id',
    'down0',
    '-iu',
    'up0',
    '10.77.0.1',
  ];
  relay = segment.start('relay', argv);
  await relay.waitFor('Sending on   Socket/fallback');
});

afterAll(() => segment.close());

test('a machine behind dhcrelay gets an address of its own subnet, and option 82 goes back unchanged', async () => {
  const asFirmware = ['-V', 'PXEClient:Arch:00000:UNDI:002001'];
  const { output } = await segment.run('far', udhcpcOnce('/bin/true', ...asFirmware));
  expect(output).toMatch(/lease of 10\.78\.0\.10\d obtained from 10\.77\.0\.1/);
  const ack = await fogd.record('ack', ({ event }) => event === 'ack');
  expect(ack.facts).toMatchObject({ giaddr: '10.78.0.1', file: 'undionly.kpxe', server: '10.77.0.1' });
  // dhcrelay tells of each reply whose option 82 is not its own.
  expect(relay.output).not.toMatch(/bad|discard|drop/i);
});

test('a lease renewed by unicast from behind the router is acknowledged at the machine itself', async () => {
  const ack = fogd.records.find(({ event }) => event === 'ack');
  const address = String(ack?.facts?.address);
  await segment.ip('far', `addr add ${address}/24 brd + dev eth0`, 'route replace default via 10.78.0.1');
  await segment.run('relay', ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
  const probe = await Probe.start(segment, 'far');
  const renewal = clientMessage(3, '52:54:00:78:00:01', SYSTEM, { ciaddr: address });
  const reply = await probe.ask(renewal, '10.77.0.1', '10.77.0.1');
  expect(reply.options.get(53)).toEqual(Buffer.of(5));
  expect(reply.yiaddr).toBe(renewal.ciaddr);
});

test('perfdhcp behind the relay: every exchange of many machines is completed in its subnet', async () => {
  await segment.ip('far', 'addr add 10.78.0.50/24 brd + dev eth0');
  const { output } = await segment.run('far', exchanges({ count: 100, rate: 50, clients: 8 }, '10.78.0.1'));
  expect(
    [...output.matchAll(/^drops: (\d+)/gm)].map((match) => match[1]),
    output,
  ).toEqual(['0', '0']);
  const leased = () =>
    fogd.records.filter(({ event }) => event === 'ack').map(({ facts }) => String(facts?.address));
  await expect.poll(() => leased().length).toBeGreaterThan(80);
  expect(leased().every((address) => address.startsWith('10.78.0.'))).toBe(true);
});

test('tshark finds nothing wrong in the replies to the relay', async () => {
  await endCapture(capture, segment.file('up.pcap'), 'ip.src == 10.77.0.1', 3);
  const { packets, notes } = await complaints(segment.file('up.pcap'), 'ip.src == 10.77.0.1');
  expect(packets).toBeGreaterThanOrEqual(3);
  expect(notes).toEqual([]);
  const tail = await complaints(
    segment.file('up.pcap'),
    'ip.src == 10.77.0.1 && ip.dst == 10.78.0.1 && udp.dstport == 67',
  );
  expect(tail.packets).toBeGreaterThanOrEqual(2);
});
