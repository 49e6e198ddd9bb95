/**
 * The TFTP service of fogd as a program, for tests that need it in a network namespace. Argument: a ServeConfig as JSON. Prints `ready`, then
 * each decision record as a line of JSON; ends on SIGTERM.
 */
import { networkInterfaces } from 'node:os';
import { systemClock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';
import { BootFiles } from '#files/boot-files.js';
import { TftpService } from '#services/tftp/service.js';

export interface ServeConfig {
  readonly folder: string;
  /** `single`: all on the port of the requests. */
  readonly portRange: string;
  readonly port?: number;
  readonly maxBlockSize?: number;
}

const config = JSON.parse(process.argv[2] ?? '{}') as ServeConfig;
const service = new TftpService({
  settings: {
    tftp: {
      enabled: true,
      port_range: config.portRange === 'single' ? '61000' : config.portRange,
      max_block_size: config.maxBlockSize ?? 1428,
      max_window_size: 64,
      single_port: config.portRange === 'single',
      ignore_case: true,
    },
  },
  files: new BootFiles([config.folder]),
  generated: (name, address) => (name === 'default.ipxe' ? `#!ipxe\necho ${address}\n` : undefined),
  recorder: { record: (decision) => console.log(JSON.stringify(decision)) },
  clock: systemClock,
  addresses: () =>
    Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  ...(config.port !== undefined && { port: config.port }),
});
// The clock's timers do not keep a process alive, and sockets that are to be opened do not either.
const alive = setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => {
  clearInterval(alive);
  void service.stop();
});
try {
  await service.start((error) => console.log(error.line));
  console.log('ready');
} catch (error) {
  console.log(messageOf(error));
  process.exitCode = 1;
  clearInterval(alive);
}
