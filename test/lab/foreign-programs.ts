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

/** BusyBox udhcpc, once, on eth0: four tries of a second; `script` is told what it got. */
export function udhcpcOnce(script: string, ...extra: string[]): string[] {
  return ['busybox', 'udhcpc', '-f', '-n', '-q', '-t', '4', '-T', '1', '-i', 'eth0', '-s', script, ...extra];
}
