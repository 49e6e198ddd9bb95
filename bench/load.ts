/**
 * What a queue costs: 500 machines poll their check-in every 5 s and 100 post progress every 3 s, each call on a connection of its own as
 * FOS makes it. Prints the share of one core that fogd took, all its threads together. Figures and goals: bench/README.md.
 *
 *   node dist/bench/load.js [--seconds 30]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { cpuSeconds } from './cpu.js';
import { RunningSite } from './site.js';

const POLLERS = 500;
const REPORTERS = 100;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } });
const seconds = Number(values.seconds);
const network = await LabNetwork.create();
try {
  const site = await RunningSite.start(network, { hosts: 10_000, tasks: 1_000, slots: REPORTERS });
  const numbers = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);
  await site.checkIn(numbers(0, REPORTERS), '##@GO');
  await site.checkIn(numbers(REPORTERS, POLLERS), 'before me');
  const pid = readFileSync(join(site.fogd.state, 'lock'), 'utf8').trim();
  const idleFrom = cpuSeconds(pid);
  await sleep(5_000);
  const idle = (cpuSeconds(pid) - idleFrom) / 5;
  const machines = new LabProcess(network.cleanup, {
    namespace: site.namespace,
    argv: [
      process.execPath,
      inRepository('dist', 'bench', 'machines.js'),
      String(REPORTERS),
      String(POLLERS),
    ],
    logFile: join(network.folder, 'machines.log'),
  });
  await machines.waitForOutput('ready', 10_000);
  await sleep(6_000);
  const from = cpuSeconds(pid);
  await sleep(seconds * 1_000);
  const share = (cpuSeconds(pid) - from) / seconds;
  await machines.stop(5_000);
  const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
  process.stdout.write(
    `${POLLERS} polls every 5 s, ${REPORTERS} reports every 3 s: ${percent(share)} of a core (idle: ${percent(idle)})\n${machines.output.trim().split('\n').at(-1)}\n`,
  );
  await site.fogd.kill();
} finally {
  await network.close();
}
