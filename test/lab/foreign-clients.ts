/**
 * DHCP and TFTP clients of other makers, for interoperability tests. Each call ends with its client; none
 * is left in the background.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from './cleanup.js';
import type { LabHost } from './network.js';
import { type CommandResult, command, LabProcess } from './process.js';

/**
 * Runs dhclient until it has a lease (resolves with what it printed, the whole exchange) or gives up
 * (rejects). `extra` are lines of its configuration; `dhclient.leases` in the folder shows what was leased.
 */
export async function dhclient(
  host: LabHost,
  folder: string,
  extra: readonly string[] = [],
): Promise<string> {
  const config = join(folder, 'dhclient.conf');
  const requests = 'request subnet-mask, routers, tftp-server-name, bootfile-name;';
  writeFileSync(config, [requests, 'timeout 10;', ...extra, ''].join('\n'));
  const cleanup = new Cleanup();
  try {
    // -d: in the foreground, or it would go on in the background in a session of its own.
    // -sf /bin/true: the lease is read from the file; the interface keeps what the test gave it.
    const client = new LabProcess(cleanup, {
      namespace: host.namespace,
      logFile: join(folder, 'dhclient.log'),
      argv: [
        ...['dhclient', '-4', '-1', '-d', '-v', '-cf', config, '-sf', '/bin/true'],
        ...['-lf', join(folder, 'dhclient.leases'), '-pf', join(folder, 'dhclient.pid'), 'eth0'],
      ],
    });
    await client.waitForOutput('bound to', 15_000);
    return client.output;
  } finally {
    await cleanup.close();
  }
}

/** Runs busybox udhcpc once; `extra` e.g. `-V PXEClient:Arch:00007:UNDI:003000`, `-x 0x5d:0007`. */
export async function udhcpc(host: LabHost, extra: readonly string[] = []): Promise<CommandResult> {
  return await command(
    [
      ...['busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '30', '-T', '2'],
      ...['-O', 'bootfile', '-O', 'tftp', '-s', '/bin/true', ...extra],
    ],
    { namespace: host.namespace },
  );
}

/** Load: `rate` exchanges a second for `seconds`, by that many different clients; the report is on stdout. */
export async function perfdhcp(
  host: LabHost,
  server: string,
  load: { rate: number; seconds: number; clients: number },
): Promise<CommandResult> {
  return await command(
    [
      ...['perfdhcp', '-4', '-l', 'eth0', '-r', String(load.rate), '-p', String(load.seconds)],
      ...['-R', String(load.clients), server],
    ],
    { namespace: host.namespace, timeoutMs: (load.seconds + 15) * 1000 },
  );
}

/** Fetches a file by TFTP with one of the clients; `blockSize` where the client can ask for it. */
export async function tftpGet(
  client: 'tftp-hpa' | 'atftp' | 'curl' | 'busybox',
  host: LabHost,
  file: string,
  output: string,
  options: { server?: string; blockSize?: number; timeoutMs?: number } = {},
): Promise<CommandResult> {
  const server = options.server ?? '10.77.0.1';
  const size = options.blockSize === undefined ? [] : [String(options.blockSize)];
  const argv = {
    'tftp-hpa': ['tftp', '-m', 'octet', server, '69', '-c', 'get', file, output],
    atftp: [
      ...['atftp', ...size.flatMap((bytes) => ['--option', `blksize ${bytes}`])],
      ...['-g', '-r', file, '-l', output, server, '69'],
    ],
    curl: [
      ...['curl', '-sS', ...size.flatMap((bytes) => ['--tftp-blksize', bytes])],
      ...['-o', output, `tftp://${server}/${file}`],
    ],
    busybox: [
      ...['busybox', 'tftp', ...size.flatMap((bytes) => ['-b', bytes])],
      ...['-g', '-r', file, '-l', output, server],
    ],
  }[client];
  return await command(argv, { namespace: host.namespace, timeoutMs: options.timeoutMs ?? 20_000 });
}
