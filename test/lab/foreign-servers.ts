/**
 * DHCP servers of other makers on a host of the segment, leasing 10.77.0.200 to .249. As they stand in a network before fogd comes, they
 * say nothing about booting; with `advice`, what `fogd dhcp advise` printed for them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kea, keaConfig } from './foreign-programs.js';
import type { LabHost, LabNetwork } from './network.js';
import { LabProcess } from './process.js';

export interface ForeignServer {
  readonly network: LabNetwork;
  readonly host: LabHost;
  /** Where its configuration and log go. */
  readonly folder: string;
  readonly advice?: string;
}

export type ForeignKind = 'dnsmasq' | 'isc' | 'kea';

export const FOREIGN_SERVERS: Readonly<Record<ForeignKind, (server: ForeignServer) => Promise<LabProcess>>> =
  {
    dnsmasq: startDnsmasq,
    isc: startIsc,
    kea: startKea,
  };

async function startDnsmasq({ network, host, folder, advice = '' }: ForeignServer): Promise<LabProcess> {
  const config = join(folder, 'dnsmasq.conf');
  writeFileSync(config, advice);
  const dnsmasq = new LabProcess(network.cleanup, {
    namespace: host.namespace,
    logFile: join(folder, 'dnsmasq.log'),
    argv: [
      ...['dnsmasq', '--keep-in-foreground', `--conf-file=${config}`, '--user=root', '--port=0'],
      ...['--interface=eth0', '--bind-interfaces', '--no-hosts', '--no-resolv', '--pid-file='],
      ...['--log-facility=-', '--log-dhcp', `--dhcp-leasefile=${join(network.folder, 'dnsmasq.leases')}`],
      // --no-ping: its search for other users of an address delays each first offer by 3 s.
      ...['--dhcp-authoritative', '--no-ping', '--dhcp-range=10.77.0.200,10.77.0.249,255.255.255.0,1h'],
    ],
  });
  await dnsmasq.waitForOutput('DHCP, IP range');
  return dnsmasq;
}

async function startIsc({ network, host, folder, advice = '' }: ForeignServer): Promise<LabProcess> {
  const config = join(folder, 'dhcpd.conf');
  const leases = join(network.folder, 'dhcpd.leases');
  writeFileSync(leases, '');
  writeFileSync(
    config,
    [
      advice,
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
  await dhcpd.waitForOutput('Server starting service');
  return dhcpd;
}

async function startKea({ network, host, folder, advice }: ForeignServer): Promise<LabProcess> {
  const config = join(folder, 'kea-dhcp4.conf');
  const own = JSON.stringify(keaConfig('10.77.0.0/24', '10.77.0.200 - 10.77.0.249')).slice(1);
  // The advice is a part of the object, as an admin puts it there.
  writeFileSync(config, `{ "Dhcp4": {\n${advice === undefined ? '' : `${advice.trimEnd()},\n`}${own} }\n`);
  const server = new LabProcess(network.cleanup, {
    namespace: host.namespace,
    logFile: join(folder, 'kea.log'),
    argv: kea(config, network.folder),
  });
  await server.waitForOutput('DHCP4_STARTED');
  return server;
}
