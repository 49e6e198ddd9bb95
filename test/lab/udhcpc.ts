import type { LabHost } from './network.js';
import { type CommandResult, command } from './process.js';

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
