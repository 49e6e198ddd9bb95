/**
 * What fogd costs while nobody asks for anything, and how long it takes to start and to answer a command. Figures and goals: bench/README.md.
 *
 *   node dist/bench/idle.js [--seconds 60] [--times 9]
 *
 * All services on: DHCP server, TFTP, HTTP, the NFS server. Memory, processor time and wake-ups are those of fogd's own process, all threads.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { command, LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { RunningSite } from './site.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, times: { type: 'string', default: '9' } },
});
const seconds = Number(values.seconds);
/** After the start: the first checkpoint, the first look of every keeper, the last of which comes after a minute. */
const SETTLE_MS = 65_000;

interface Usage {
  /** Clock ticks of processor time, user and system. */
  readonly ticks: number;
  /** Times that a thread woke up after it had slept by itself, by the name of the thread. */
  readonly wakeUps: ReadonlyMap<string, number>;
}

/** Threads of one process (proc(5): task/TID/stat, task/TID/status). */
function usageOf(pid: number): Usage {
  let ticks = 0;
  const wakeUps = new Map<string, number>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    const name = `${/^Name:\t(.*)$/m.exec(status)?.[1]}/${tid}`;
    wakeUps.set(name, Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]));
  }
  return { ticks, wakeUps };
}

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const at = performance.now();
  await run();
  return performance.now() - at;
}

const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');
const network = await LabNetwork.create();
try {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const dhcp = {
    mode: 'server',
    interfaces: ['eth0'],
    subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.200'] }],
  };
  const bare = () => mustRun([process.execPath, '-e', '0']);

  const start = async (): Promise<number> => {
    const folder = `${network.folder}/start-${performance.now().toFixed(0)}`;
    const argv = [process.execPath, PROGRAM, 'serve', '--state', folder];
    const at = performance.now();
    const logFile = `${folder}.log`;
    const daemon = new LabProcess(network.cleanup, { namespace: network.server.namespace, argv, logFile });
    await daemon.waitForOutput(/fogd \S+, state in /, 20_000);
    const took = performance.now() - at;
    await daemon.stop();
    return took;
  };
  const site = await RunningSite.start(network, { hosts: 10_000, tasks: 0, slots: 10 }, { dhcp });
  const pid = Number(readFileSync(`${site.fogd.state}/lock`, 'utf8'));
  await sleep(SETTLE_MS);
  const before = usageOf(pid);
  await sleep(seconds * 1000);
  const after = usageOf(pid);
  const perSecond = [...after.wakeUps].map(
    ([name, count]) => [name, (count - (before.wakeUps.get(name) ?? 0)) / seconds] as const,
  );
  const all = perSecond.reduce((sum, [, rate]) => sum + rate, 0);
  say(`resident     ${residentMb(pid).toFixed(0)} MB (goal < 120)`);
  say(`processor    ${(after.ticks - before.ticks) / seconds} % of a core (goal < 0.2)`);
  say(`wake-ups     ${all.toFixed(1)} a second (goal < 5)`);
  for (const [name, rate] of perSecond) if (rate > 0) say(`             ${rate.toFixed(2)} ${name}`);

  const call = () => command([process.execPath, PROGRAM, 'status', '--state', site.fogd.state]);
  const times = { bare: [] as number[], call: [] as number[], start: [] as number[] };
  for (let time = 0; time < Number(values.times); time++) {
    times.bare.push(await timeOf(bare));
    times.call.push(await timeOf(call));
  }
  await site.fogd.stop();
  for (let time = 0; time < Number(values.times); time++) {
    times.bare.push(await timeOf(bare));
    times.start.push(await start());
  }
  const node = median(times.bare);
  say(`node -e 0    ${node.toFixed(0)} ms`);
  say(
    `fogd status  ${median(times.call).toFixed(0)} ms, ${(median(times.call) / node).toFixed(1)} times (goal 4)`,
  );
  say(
    `start        ${median(times.start).toFixed(0)} ms, ${(median(times.start) / node).toFixed(1)} times (goal 20)`,
  );
} finally {
  await network.close();
}
