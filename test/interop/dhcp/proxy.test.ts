import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Option } from '#services/dhcp/options/codes.js';
import { text } from '#services/dhcp/options/values.js';
import { encode } from '#services/dhcp/packet.js';
import { toNumber, toText } from '#settings/ipv4.js';
import { dnsmasq, kea, keaConfig, udhcpcOnce } from '../../lab/foreign-programs.js';
import { complaints, endCapture, startCapture } from './capture.js';
import { Probe, proxySettings, RunningDhcp } from './fogd.js';
import { BIOS, clientMessage, SYSTEM } from './messages.js';
import { type Program, Segment } from './segment.js';

const FOGD = '10.77.0.1';
const REAL = '10.77.0.2';

/** The DHCP servers that the proxy sits beside; both know nothing of boot files. */
const SERVERS: Record<string, (segment: Segment) => Promise<void>> = {
  dnsmasq: async (segment) => {
    const server = segment.start(
      'real',
      dnsmasq('--bind-interfaces', '--no-ping', '--dhcp-range=10.77.0.50,10.77.0.60,1h'),
    );
    await server.waitFor('DHCP, sockets bound');
  },
  'isc-dhcpd': async (segment) => {
    const conf = segment.file('dhcpd.conf');
    writeFileSync(
      conf,
      'authoritative; ping-check off; default-lease-time 3600;\nsubnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.50 10.77.0.60; }\n',
    );
    const leases = segment.file('dhcpd.leases');
    writeFileSync(leases, '');
    // By its path: under npm, `dhcpd` is the npm package's command.
    const argv = ['/usr/sbin/dhcpd', '-4', '-f', '-d', '--no-pid', '-cf', conf, '-lf', leases, 'eth0'];
    await segment.start('real', argv).waitFor('Server starting service');
  },
  kea: async (segment) => {
    const conf = segment.file('kea.conf');
    writeFileSync(conf, JSON.stringify({ Dhcp4: keaConfig('10.77.0.0/24', '10.77.0.50 - 10.77.0.60') }));
    await segment.start('real', kea(conf, segment.folder)).waitFor('DHCP4_STARTED');
  },
};

describe.each(Object.keys(SERVERS))('beside %s', (name) => {
  let segment: Segment;
  let fogd: RunningDhcp;
  let capture: Program;
  let probe: Probe;

  beforeAll(async () => {
    segment = await Segment.create();
    await segment.addHost('srv', { eth0: { address: `${FOGD}/24` } });
    await segment.addHost('real', { eth0: { address: `${REAL}/24` } });
    await segment.addHost('pc', { eth0: { mac: '52:54:00:77:00:11' } });
    await segment.addHost('other', { eth0: { mac: '52:54:00:77:00:12' } });
    capture = await startCapture(segment, 'br0', segment.file('all.pcap'));
    await SERVERS[name]?.(segment);
    fogd = await RunningDhcp.start(segment, 'srv', { dhcp: proxySettings() });
    probe = await Probe.start(segment, 'pc');
  });

  afterAll(() => segment.close());

  test('firmware gets the address from the server and the boot file from fogd', async () => {
    const discover = clientMessage(1, '52:54:00:77:00:11', BIOS);
    const [offer, proxy] = await Promise.all([probe.ask(discover, REAL), probe.ask(discover, FOGD)]);
    expect(toText(offer.yiaddr)).toMatch(/^10\.77\.0\.[56]\d$/);
    expect(proxy.yiaddr).toBe(0);
    expect(toText(proxy.siaddr)).toBe(FOGD);
    expect(proxy.options.get(Option.VENDOR_CLASS)?.toString()).toBe('PXEClient');
    expect(proxy.options.get(Option.VENDOR_SPECIFIC)?.toString('hex')).toBe('060108ff');
    expect(proxy.options.get(Option.BOOT_FILE)?.toString()).toBe('undionly.kpxe');
    expect(proxy.options.has(Option.LEASE_TIME)).toBe(false);

    const address = Buffer.alloc(4);
    address.writeUInt32BE(offer.yiaddr);
    const server = Buffer.alloc(4);
    server.writeUInt32BE(toNumber(REAL));
    const request = clientMessage(3, '52:54:00:77:00:11', {
      ...BIOS,
      [Option.REQUESTED_ADDRESS]: address,
      [Option.SERVER_ID]: server,
    });
    const ack = await probe.ask(request, REAL);
    expect(ack.yiaddr).toBe(offer.yiaddr);
    const taken = await fogd.record('address-taken', ({ event }) => event === 'address-taken');
    expect(taken.facts).toMatchObject({ address: toText(offer.yiaddr), server: REAL });
    const named = await fogd.record('other-server', ({ event }) => event === 'other-server');
    expect(named).toMatchObject({ outcome: 'ignored', facts: { server: REAL } });
    expect(taken.who).toMatchObject({ mac: '52:54:00:77:00:11', ip: toText(offer.yiaddr) });
    expect(
      probe.received.filter(({ packet, from }) => packet.xid === request.xid && from === `${FOGD}:67`),
    ).toEqual([]);

    // The boot-server port: the machine has its address now.
    await segment.ip('pc', `addr add ${toText(offer.yiaddr)}/24 brd + dev eth0`);
    const bootServer = clientMessage(3, '52:54:00:77:00:11', BIOS, { ciaddr: toText(offer.yiaddr) });
    const answer = await probe.ask(bootServer, FOGD, FOGD, 4011);
    expect(answer.options.get(Option.MESSAGE_TYPE)).toEqual(Buffer.of(5));
    expect(answer.options.get(Option.BOOT_FILE)?.toString()).toBe('undionly.kpxe');
    expect(probe.received.at(-1)?.from).toBe(`${FOGD}:4011`);
  });

  test("iPXE's second stage finds the script in the offer itself", async () => {
    const discover = clientMessage(1, '52:54:00:77:00:11', { ...BIOS, [Option.USER_CLASS]: text('iPXE') });
    const proxy = await probe.ask(discover, FOGD);
    expect(proxy.file.toString().replace(/\0+$/, '')).toBe(`http://${FOGD}/default.ipxe`);
    expect(proxy.options.get(Option.BOOT_FILE)?.toString()).toBe(`http://${FOGD}/default.ipxe`);
  });

  test('a client that does not boot is left to the server', async () => {
    const { output } = await segment.run('other', udhcpcOnce('/bin/true'));
    expect(output).toContain(`obtained from ${REAL}`);
    const seen = await fogd.record(
      'discover',
      ({ event, who }) => event === 'discover' && who.mac === '52:54:00:77:00:12',
    );
    expect(seen.outcome).toBe('ignored');
    expect(seen.reasons.length).toBe(2);
    await fogd.record(
      'address-taken',
      ({ event, who }) => event === 'address-taken' && who.mac === '52:54:00:77:00:12',
    );
    const silent = clientMessage(8, '52:54:00:77:00:12', SYSTEM, { ciaddr: '10.77.0.55' });
    probe.send(encode(silent));
    const ignored = await fogd.record(
      'inform',
      ({ event, facts }) => event === 'ignored' && facts?.xid === silent.xid.toString(16),
    );
    expect(ignored.reasons).toEqual(['INFORM is for the DHCP server']);
  });

  test('tshark finds nothing wrong in what the proxy sent', async () => {
    await endCapture(capture, segment.file('all.pcap'), `ip.src == ${FOGD}`, 3);
    const { packets, notes } = await complaints(segment.file('all.pcap'), `ip.src == ${FOGD}`);
    expect(packets).toBeGreaterThanOrEqual(3);
    expect(notes).toEqual([]);
  });
});
