/**
 * How fast a machine reads its image: through fogd's NFS server with many exports live, beside a ganesha with a minimal configuration
 * written by hand, and while other exports come and go. Figures and goals: bench/README.md.
 *
 *   node dist/bench/reading.js [--live 500] [--pairs 5]
 */

import { openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { RunningSite, session } from './site.js';

const MEGABYTES = 1_000;
const FILE = 'large.bin';
/** One machine starts and one is cancelled, this often. */
const CHANGE_EVERY_MS = 500;
const MINIMAL = '10.77.0.2';

const { values } = parseArgs({
  options: { live: { type: 'string', default: '500' }, pairs: { type: 'string', default: '5' } },
});
const live = Number(values.live);
const pairs = Number(values.pairs);

const network = await LabNetwork.create();

/** The same folder by a server whose configuration has one export and nothing that need not be said. */
async function startMinimal(folder: string): Promise<void> {
  const { namespace, run } = await network.addHost('min', { address: 2 });
  const config = join(network.folder, 'minimal.conf');
  const text = `NFS_CORE_PARAM { Protocols = 3; Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true; }
EXPORT { Export_Id = 1; Path = "${folder}"; Pseudo = "/images"; Access_Type = RO; Squash = No_Root_Squash; SecType = sys; FSAL { Name = VFS; } }
`;
  writeFileSync(config, text);
  const common = { namespace, run };
  const mapper = join(network.folder, 'minimal-rpcbind.log');
  new LabProcess(network.cleanup, { ...common, logFile: mapper, argv: ['rpcbind', '-f', '-w'] });
  const log = join(network.folder, 'minimal.log');
  const server = ['ganesha.nfsd', '-F', '-L', log, '-f', config, '-p', join(network.folder, 'minimal.pid')];
  new LabProcess(network.cleanup, { ...common, logFile: `${log}.out`, argv: server });
  for (let tries = 0; tries < 150; tries++) {
    const listing = await mustRun(['showmount', '-e', MINIMAL], { namespace }).catch(() => '');
    if (listing.includes('/images')) return;
    await sleep(100);
  }
  throw new Error('the minimal server does not answer');
}

try {
  const pc = await network.addHost('pc', { address: 10 });
  const changes = 200;
  const site = await RunningSite.start(network, { hosts: live + changes, tasks: live + changes, slots: 10 });
  const image = join(network.folder, 'images', 'base');
  const block = Buffer.alloc(1_000_000, 'fogd');
  const file = openSync(join(image, FILE), 'w');
  for (let n = 0; n < MEGABYTES; n++) writeSync(file, block);
  const first = `http://10.77.0.1${session(0)}//index.php`;
  await mustRun(['curl', '-gsSfI', first], { namespace: pc.namespace });
  for (let number = 1; number < live; number++)
    await site.curl({ method: 'HEAD', path: `${session(number)}//index.php` });
  await startMinimal(image);

  const ours = `nfs://10.77.0.1/t/1/base/${FILE}?version=3`;
  const minimal = `nfs://${MINIMAL}/images/${FILE}?version=3`;
  /** Megabytes a second. */
  const read = async (url: string): Promise<number> => {
    const start = process.hrtime.bigint();
    await mustRun(['sh', '-c', `nfs-cat '${url}' >/dev/null`], {
      namespace: pc.namespace,
      timeoutMs: 120_000,
    });
    return (MEGABYTES * 1e9) / Number(process.hrtime.bigint() - start);
  };
  // The command line's own start would be measured as well.
  const socket = join(site.fogd.state, 'fogd.sock');
  const cancel = (task: number) =>
    mustRun(
      ['curl', '-sSf', '--unix-socket', socket, '-X', 'POST', `http://fogd/api/v1/tasks/${task}/cancel`],
      {
        namespace: site.namespace,
      },
    );
  let number = live;
  const readDuringChanges = async (): Promise<number> => {
    let isReading = true;
    const change = async (): Promise<void> => {
      while (isReading) {
        await site.curl({ method: 'HEAD', path: `${session(number)}//index.php` });
        await cancel(number + 1);
        number += 1;
        await sleep(CHANGE_EVERY_MS);
      }
    };
    const changing = change();
    const rate = await read(ours);
    isReading = false;
    await changing;
    return rate;
  };
  await read(ours);
  await read(minimal);
  const median = (list: number[]): string =>
    (list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0).toFixed(2);
  const toMinimal: number[] = [];
  const duringChanges: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const quiet = await read(ours);
    const other = await read(minimal);
    const changing = await readDuringChanges();
    const again = await read(ours);
    toMinimal.push(quiet / other);
    duringChanges.push(changing / ((quiet + again) / 2));
    const all = [quiet, other, changing, again].map((rate) => rate.toFixed(0));
    process.stdout.write(
      `MB/s: ours ${all[0]}, minimal ${all[1]}, during changes ${all[2]}, ours ${all[3]}\n`,
    );
  }
  process.stdout.write(`ours to minimal: median of ${pairs} ratios ${median(toMinimal)}\n`);
  process.stdout.write(
    `during changes to quiet: median ${median(duringChanges)}, ${number - live} changes\n`,
  );
  await site.fogd.kill();
} finally {
  await network.close();
}
