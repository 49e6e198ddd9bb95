/**
 * The TFTP service of fogd as a program, for tests that need it in a network namespace. Argument: a ServeConfig as JSON. Prints `ready`, then
 * each decision record as a line of JSON; for a line on standard input prints `status`, that line and a Status as JSON. Ends on SIGTERM.
 */
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { systemClock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';
import { BootFiles } from '#files/boot-files.js';
import { TftpService } from '#services/tftp/service.js';
import { VirtualClock } from '../../unit/virtual-clock.js';

export interface ServeConfig {
  readonly folder: string;
  /** `single`: all on the port of the requests. */
  readonly portRange: string;
  readonly port?: number;
  readonly maxBlockSize?: number;
  /** No timer falls due, however busy the machine is: for what counts packets. */
  readonly clockStands?: boolean;
  /** Records are counted only: for floods. */
  readonly countOnly?: boolean;
}

export interface Status {
  /** The counters of the service's health: packets received, and what they were. */
  readonly packets: number;
  readonly requests: number;
  readonly ofTransfers: number;
  readonly ofNobody: number;
  /** Transfers that run. */
  readonly running: number;
  /** Decision records so far. */
  readonly records: number;
  /** Bytes of the process in memory. */
  readonly memory: number;
  /** Open descriptors, sockets among them. */
  readonly descriptors: number;
}

const config = JSON.parse(process.argv[2] ?? '{}') as ServeConfig;
let records = 0;
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
  recorder: {
    record: (decision) => {
      records++;
      if (!config.countOnly) console.log(JSON.stringify(decision));
    },
  },
  clock: config.clockStands ? new VirtualClock() : systemClock,
  addresses: () =>
    Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  ...(config.port !== undefined && { port: config.port }),
});
// The clock's timers do not keep a process alive, and sockets that are to be opened do not either.
const alive = setInterval(() => undefined, 60_000);
const commands = createInterface({ input: process.stdin }).on('line', (line) => {
  const counters =
    /(\d+) transfers?; (\d+) packets: (\d+) requests, (\d+) of their transfers, (\d+) of nobody/;
  const [running = 0, packets = 0, requests = 0, ofTransfers = 0, ofNobody = 0] =
    counters.exec(service.health().detail)?.slice(1).map(Number) ?? [];
  const descriptors = readdirSync('/proc/self/fd').length;
  const memory = process.memoryUsage.rss();
  const status: Status = { packets, requests, ofTransfers, ofNobody, running, records, memory, descriptors };
  console.log(`status ${line} ${JSON.stringify(status)}`);
});
const letEnd = (): void => {
  commands.close();
  process.stdin.destroy();
  clearInterval(alive);
};
process.once('SIGTERM', () => {
  letEnd();
  void service.stop();
});
try {
  await service.start((error) => console.log(error.line));
  console.log('ready');
} catch (error) {
  console.log(messageOf(error));
  process.exitCode = 1;
  letEnd();
}
