/**
 * DHCP servers of other makers, as they stand in a network before fogd comes: they lease addresses and say
 * nothing about booting.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost, LabNetwork } from './network.js';
import { LabProcess } from './process.js';

/** dnsmasq on this host, leasing 10.77.0.200 to .249. */
export async function startDnsmasqDhcp(
  network: LabNetwork,
  host: LabHost,
  folder: string,
): Promise<LabProcess> {
  const dnsmasq = new LabProcess(network.cleanup, {
    namespace: host.namespace,
    logFile: join(folder, 'dnsmasq.log'),
    argv: [
      ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--port=0'],
      ...['--interface=eth0', '--bind-interfaces', '--no-hosts', '--no-resolv', '--pid-file='],
      ...['--log-facility=-', '--log-dhcp', `--dhcp-leasefile=${join(network.folder, 'dnsmasq.leases')}`],
      // --no-ping: its search for other users of an address delays each first offer by 3 s.
      ...['--dhcp-authoritative', '--no-ping', '--dhcp-range=10.77.0.200,10.77.0.249,255.255.255.0,1h'],
    ],
  });
  await dnsmasq.waitForOutput('DHCP, IP range', 5000);
  return dnsmasq;
}

/** ISC dhcpd on this host, leasing 10.77.0.200 to .249. */
export async function startIscDhcp(network: LabNetwork, host: LabHost, folder: string): Promise<LabProcess> {
  const config = join(folder, 'dhcpd.conf');
  const leases = join(network.folder, 'dhcpd.leases');
  writeFileSync(leases, '');
  writeFileSync(
    config,
    [
      'authoritative;',
      'ping-check false;',
      'default-lease-time 3600;',
      'subnet 10.77.0.0 netmask 255.255.255.0 {',
      '  range 10.77.0.200 10.77.0.249;',
      '  option broadcast-address 10.77.0.255;',
      '}',
      '',
    ].join('\n'),
  );
  const dhcpd = new LabProcess(network.cleanup, {
    namespace: host.namespace,
    logFile: join(folder, 'dhcpd.log'),
    argv: [
      ...['/usr/sbin/dhcpd', '-4', '-f', '-d', '-cf', config, '-lf', leases],
      ...['-pf', join(network.folder, 'dhcpd.pid'), 'eth0'],
    ],
  });
  await dhcpd.waitForOutput('Server starting service', 5000);
  return dhcpd;
}
