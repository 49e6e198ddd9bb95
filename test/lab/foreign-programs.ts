/** Command lines of foreign programs that more than one test starts. */

/** dnsmasq in the foreground on eth0, without DNS, without files of its own, logging to its output; `extra` says what it is to do. */
export function dnsmasq(...extra: string[]): string[] {
  return [
    ...[
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--port=0',
      '--interface=eth0',
    ],
    ...['--no-hosts', '--no-resolv', '--pid-file=', '--log-facility=-', '--leasefile-ro', ...extra],
  ];
}

/** Kea's DHCP server in the foreground, with its process number and locks in a folder of its own: the package has one place for the machine. */
export function kea(config: string, folder: string): string[] {
  return ['env', `KEA_PIDFILE_DIR=${folder}`, `KEA_LOCKFILE_DIR=${folder}`, 'kea-dhcp4', '-c', config];
}

/** What every configuration of it here has, for one subnet on eth0. It says `DHCP4_STARTED` when it is up, unless `severity` is WARN. */
export function keaConfig(subnet: string, pool: string, severity = 'INFO'): Record<string, unknown> {
  return {
    'interfaces-config': { interfaces: ['eth0'] },
    'lease-database': { type: 'memfile', persist: false },
    'valid-lifetime': 3600,
    subnet4: [{ id: 1, subnet, pools: [{ pool }] }],
    loggers: [{ name: 'kea-dhcp4', severity, output_options: [{ output: 'stdout' }] }],
  };
}

/** BusyBox udhcpc, once, on eth0: sixty tries of a second; `script` is told what it got. */
export function udhcpcOnce(script: string, ...extra: string[]): string[] {
  return ['busybox', 'udhcpc', '-f', '-n', '-q', '-t', '60', '-T', '1', '-i', 'eth0', '-s', script, ...extra];
}
