import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaints, endCapture, startCapture } from './capture.js';
import { RunningDhcp, serverSettings } from './fogd.js';
import { exchanges } from './perfdhcp.js';
import type { Program } from './segment.js';
import { Segment } from './segment.js';
import { udhcpcTold } from './udhcpc.js';

let segment: Segment;
let fogd: RunningDhcp;
let capture: Program;
const CONFIG = () => ({ dhcp: serverSettings(), store: segment.file('fogd.db') });

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addHost('srv', { eth0: { address: '10.77.0.1/24' } });
  await segment.addHost('c1', { eth0: { mac: '52:54:00:77:00:01' } });
  await segment.addHost('c2', { eth0: { mac: '52:54:00:77:00:02' } });
  capture = await startCapture(segment, 'br0', segment.file('all.pcap'));
  fogd = await RunningDhcp.start(segment, 'srv', CONFIG());
});

afterAll(() => segment.close());

const udhcpc = (role: string, ...args: string[]) => udhcpcTold(segment, role, ...args);

async function dhclient(role: string, extra = ''): Promise<{ output: string; leases: string }> {
  const [conf, leases, pid, script] = ['conf', 'leases', 'pid', 'script'].map((one) =>
    segment.file(`dhclient-${role}.${one}`),
  );
  if (!conf || !leases || !pid || !script) throw new Error('unreachable');
  writeFileSync(
    conf,
    `timeout 60;\nrequest subnet-mask, routers, domain-name-servers, domain-name;\n${extra}\n`,
  );
  writeFileSync(script, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const client = segment.start(role, [
    ...['dhclient', '-4', '-1', '-d', '-v', '-cf', conf, '-lf', leases, '-pf', pid, '-sf', script, 'eth0'],
  ]);
  // By then it has written the lease.
  await client.waitFor('bound to');
  const { output } = await client.stop();
  return { output, leases: readFileSync(leases, 'utf8') };
}

test('BusyBox udhcpc as UEFI firmware gets address, network and boot file', async () => {
  const output = await udhcpc(
    'c1',
    ...[
      '-O',
      'bootfile',
      '-O',
      'tftp',
      '-O',
      'domain',
      '-x',
      '0x5d:0007',
      '-V',
      'PXEClient:Arch:00007:UNDI:003000',
    ],
  );
  expect(output).toContain('event=bound');
  expect(output).toContain('boot_file=snponly.efi');
  expect(output).toContain('bootfile=snponly.efi');
  expect(output).toContain('siaddr=10.77.0.1');
  expect(output).toContain('tftp=10.77.0.1');
  expect(output).toContain('router=10.77.0.1');
  expect(output).toContain('dns=10.77.0.1');
  expect(output).toContain('domain=lab.example');
  expect(output).toContain('mask=24');
  expect(output).toContain('lease=3600');
  const ack = await fogd.record(
    'ack',
    ({ event, who }) => event === 'ack' && who.mac === '52:54:00:77:00:01',
  );
  expect(ack.facts?.file).toBe('snponly.efi');
  expect(ack.who.arch).toBe('UEFI x64');
});

test('BusyBox udhcpc as iPXE and as plain client keeps the address of the firmware', async () => {
  const address = (output: string) => /^ip=(\S+)$/m.exec(output)?.[1];
  const asFirmware = await udhcpc('c1', ...['-x', '0x5d:0000', '-V', 'PXEClient:Arch:00000:UNDI:002001']);
  const asIpxe = await udhcpc('c1', ...['-x', '0x4d:69505845', '-V', 'PXEClient:Arch:00000:UNDI:002001']);
  const asSystem = await udhcpc('c1');
  expect(asFirmware).toContain('boot_file=undionly.kpxe');
  expect(asIpxe).toContain('boot_file=http://10.77.0.1/default.ipxe');
  expect(asSystem).not.toContain('boot_file');
  expect(address(asFirmware)).toMatch(/^10\.77\.0\.1\d\d$/);
  expect(address(asIpxe)).toBe(address(asFirmware));
  expect(address(asSystem)).toBe(address(asFirmware));
});

test('ISC dhclient gets a lease, and the same one from INIT-REBOOT after kill -9 of fogd', async () => {
  const first = await dhclient('c2');
  expect(first.output).toContain('bound to 10.77.0.');
  const address = /fixed-address (\S+);/.exec(first.leases)?.[1] ?? 'none';
  expect(first.leases).toContain('option domain-name "lab.example";');
  fogd.program.kill();
  await fogd.program.ended;
  fogd = await RunningDhcp.start(segment, 'srv', CONFIG());
  const second = await dhclient('c2');
  expect(second.output).toContain(`DHCPREQUEST for ${address}`);
  expect(second.output).not.toContain('DHCPDISCOVER');
  expect(second.output).toContain(`bound to ${address}`);
});

test('dhclient that says PXEClient but forgot to ask for 66 and 67 gets the boot file', async () => {
  const { leases } = await dhclient('c1', 'send vendor-class-identifier "PXEClient:Arch:00000:UNDI:002001";');
  expect(leases).toContain('filename "undionly.kpxe";');
  expect(leases).toContain('option bootfile-name "undionly.kpxe";');
  expect(leases).toContain('option tftp-server-name "10.77.0.1";');
});

test('perfdhcp: every exchange of many machines is completed', async () => {
  await segment.ip('c2', 'addr add 10.77.0.3/24 brd + dev eth0');
  const { output } = await segment.run('c2', exchanges({ count: 200, rate: 100, clients: 40 }, '10.77.0.1'));
  const drops = [...output.matchAll(/^drops: (\d+)/gm)].map((match) => match[1]);
  expect(drops, output).toEqual(['0', '0']);
  expect(Number(/^received packets: (\d+)/m.exec(output)?.[1])).toBeGreaterThan(150);
});

test('tshark finds nothing malformed and no expert note in what fogd sent', async () => {
  await endCapture(capture, segment.file('all.pcap'), 'ip.src == 10.77.0.1', 101);
  const { packets, notes } = await complaints(segment.file('all.pcap'), 'ip.src == 10.77.0.1');
  expect(packets).toBeGreaterThan(100);
  expect(notes).toEqual([]);
});
