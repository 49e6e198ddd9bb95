/**
 * How long a machine's first sign of life takes, which makes its NFS root and opens its export, and how long a cancel, which takes them
 * away, while many exports are live. Figures and goals: bench/README.md.
 *
 *   node dist/bench/exports.js [--live 500]
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { mustRun } from '../test/lab/process.js';
import { RunningSite, session } from './site.js';

/** Opened one after the other while all the others are live, and taken away again. */
const MEASURED = 30;

const { values } = parseArgs({ options: { live: { type: 'string', default: '500' } } });
const live = Number(values.live);
const network = await LabNetwork.create();
try {
  const site = await RunningSite.start(network, {
    hosts: live + MEASURED,
    tasks: live + MEASURED,
    slots: 10,
  });
  /** Milliseconds, as curl sees them. */
  const timed = async (...words: string[]): Promise<number> => {
    const argv = ['curl', '-gsSf', '-o', '/dev/null', '-w', '%{time_total}', ...words];
    return 1000 * Number(await mustRun(argv, { namespace: site.namespace }));
  };
  const open = (number: number) => timed('-I', `http://127.0.0.1${session(number)}//index.php`);
  const socket = join(site.fogd.state, 'fogd.sock');
  // Tasks are numbered from 1, in the order of the sessions.
  const cancel = (number: number) =>
    timed('--unix-socket', socket, '-X', 'POST', `http://fogd/api/v1/tasks/${number + 1}/cancel`);
  const tell = (what: string, times: number[]): void => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    process.stdout.write(`${what}: median ${at(0.5)} ms, p90 ${at(0.9)} ms, slowest ${at(0.999)} ms\n`);
  };
  const first: number[] = [];
  for (let number = 0; number < live; number++) first.push(await open(number));
  tell('the first 50 exports', first.slice(0, 50));
  tell(`the last 50 of ${live}`, first.slice(-50));
  const opened: number[] = [];
  const closed: number[] = [];
  for (let number = live; number < live + MEASURED; number++) {
    opened.push(await open(number));
    closed.push(await cancel(number));
  }
  tell(`one more beside ${live}`, opened);
  tell('and away again (cancel of its task)', closed);
  await site.fogd.kill();
} finally {
  await network.close();
}
