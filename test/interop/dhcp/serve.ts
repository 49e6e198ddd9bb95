/**
 * Runs the DHCP service in the namespace it is started in: `node serve.js CONFIG.json`. Prints each decision record as one line of JSON,
 * `ready` when it answers, and `health …` for each line `health` on standard input.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#daemon/clock.js';
import { neighbourTable } from '#daemon/neighbours.js';
import { messageOf } from '#errors.js';
import { interfaceIndex } from '#native/interface-index.js';
import type { Lease, LeaseStore } from '#services/dhcp/lease.js';
import { DhcpService } from '#services/dhcp/service.js';
import type { DhcpSettings } from '#settings/schema.js';
import { LeaseRepository } from '#store/leases.js';
import { Store } from '#store/store.js';

export interface ServeConfig {
  readonly dhcp: DhcpSettings;
  /** Names that the boot-file store holds. */
  readonly files: readonly string[];
  /** Names of hosts by MAC. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** How long the disk takes to make something durable, in milliseconds, beside what it really takes. */
  readonly syncMs?: number;
  /** SQLite file; none: leases are kept in memory. */
  readonly store?: string;
}

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ServeConfig;
const say = (line: string) => process.stdout.write(`${line}\n`);

const forgetful: LeaseStore = { load: (): Lease[] => [], save: () => Promise.resolve() };
const store =
  config.store === undefined
    ? undefined
    : await Store.open({
        file: config.store,
        clock: systemClock,
        onWarning: (reason) => say(`warning ${reason}`),
        syncFile: async (wal) => {
          await sleep(config.syncMs ?? 0);
          await wal.datasync();
        },
      });

const service = new DhcpService({
  settings: { dhcp: config.dhcp },
  leases: store === undefined ? forgetful : new LeaseRepository(store),
  recorder: { record: (decision) => say(JSON.stringify(decision)) },
  clock: systemClock,
  interfaces: networkInterfaces,
  hasBootFile: (name) => config.files.includes(name),
  urls: (address) => ({
    script: `http://${address}/default.ipxe`,
    file: (name) => `http://${address}/${name}`,
  }),
  interfaceIndex,
  hostOf: (mac) => config.hosts?.[mac],
  neighbour: neighbourTable(),
  portHolder: () => Promise.resolve('the other server (pid 1)'),
});

try {
  await service.start();
} catch (error) {
  say(`refused ${messageOf(error)}`);
  process.exit(1);
}
say('ready');
createInterface({ input: process.stdin }).on('line', () => say(`health ${JSON.stringify(service.health())}`));
process.once('SIGTERM', () => {
  void service
    .stop()
    .then(() => store?.close())
    .then(() => process.exit(0));
});
