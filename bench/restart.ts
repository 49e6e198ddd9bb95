/**
 * How long a machine's share is away when the NFS server dies: from its SIGKILL to the first listing by libnfs. Figures and goals:
 * bench/README.md.
 *
 *   node dist/bench/restart.js [--times 7]
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { command, mustRun } from '../test/lab/process.js';
import { RunningSite, session } from './site.js';

/** What runs that long is started again at once (daemon/supervisor.ts). */
const STEADY_MS = 10_500;

const { values } = parseArgs({ options: { times: { type: 'string', default: '7' } } });
const network = await LabNetwork.create();
try {
  const pc = await network.addHost('pc', { address: 10 });
  const inPc = { namespace: pc.namespace };
  const site = await RunningSite.start(network, { hosts: 2, tasks: 2, slots: 2 });
  await mustRun(['curl', '-gsSfI', `http://10.77.0.1${session(0)}//index.php`], inPc);
  const note = join(site.fogd.state, 'nfs', 'ganesha.nfsd.json');
  for (let time = 0; time < Number(values.times); time++) {
    await sleep(STEADY_MS);
    const { pid } = JSON.parse(readFileSync(note, 'utf8')) as { pid: number };
    const at = performance.now();
    process.kill(pid, 'SIGKILL');
    while ((await command(['nfs-ls', 'nfs://10.77.0.1/t/1/base?version=3'], inPc)).code !== 0)
      await sleep(10);
    process.stdout.write(`${(performance.now() - at).toFixed(0)} ms\n`);
  }
  await site.fogd.kill();
} finally {
  await network.close();
}
