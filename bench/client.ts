/**
 * What FOG Clients cost: the poll beside a Fastify route that answers a constant of the same length, with 10,000 hosts; handshakes beside
 * the bare RSA of one thread; DHCP (perfdhcp) meanwhile beside its idle value. Figures and goals: bench/README.md.
 *
 *   node dist/bench/client.js [--seconds 5] [--pairs 3]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { dhcpTimes, latencyOf } from './beside.js';
import { HandshakeStorm, hostsOfStorm } from './handshake-storm.js';
import { macOf, RunningSite } from './site.js';

/** Hosts whose clients poll. */
const POLLERS = 500;
const AT_ONCE = 32;
const CONSTANT_PORT = 8080;
const RATE = 100;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, pairs: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
const pairs = Number(values.pairs);
/** Those of the storms shake hands once. */
const HOSTS = Math.max(10_000, 3_000 + pairs * hostsOfStorm(seconds + 4));
const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;
const pollOf = (number: number) =>
  `/fog/management/index.php?sub=requestClientInfo&mac=${macOf(number)}&newService&json`;

const network = await LabNetwork.create();
try {
  const pc = await network.addHost('pc', { address: 10 });
  const dhcp = {
    mode: 'server',
    interfaces: ['eth0'],
    subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
  };
  const site = await RunningSite.start(network, { hosts: HOSTS, tasks: 100, slots: 1 }, { dhcp });
  const { namespace } = site;
  const node = (program: string, ...args: number[]) =>
    mustRun([process.execPath, inRepository('dist', 'bench', program), ...args.map(String)], {
      namespace,
      timeoutMs: 120_000,
    });
  const wrk = async (port: number, file: string): Promise<number> => {
    const script = ['-s', inRepository('bench', 'wrk.lua'), `http://127.0.0.1:${port}`, '--', file];
    const output = await mustRun(['wrk', '-t1', `-c${AT_ONCE}`, `-d${seconds}s`, ...script], {
      namespace,
      timeoutMs: 60_000,
    });
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  };

  const hasKeys = async () =>
    (await site.fogd.services()).some(({ name, state }) => name === 'certificates' && state === 'running');
  while (!(await hasKeys())) await sleep(200);
  const opened = JSON.parse(await node('clients.js', 0, POLLERS, AT_ONCE, 0)) as { failed: number };
  if (opened.failed > 0) throw new Error(`${opened.failed} handshakes failed`);
  const poll = await site.curl({ method: 'GET', path: pollOf(0) });
  if (!poll.startsWith('#!enkey=')) throw new Error(poll);
  const file = join(network.folder, 'requests');
  writeFileSync(file, Array.from({ length: POLLERS }, (_, n) => `GET\t${pollOf(n)}\t\n`).join(''));
  const constant = new LabProcess(network.cleanup, {
    namespace,
    argv: [
      process.execPath,
      inRepository('dist', 'bench', 'constant.js'),
      String(CONSTANT_PORT),
      String(poll.length),
    ],
    logFile: join(network.folder, 'constant.log'),
  });
  await constant.waitForOutput('ready', 10_000);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    ours.push(await wrk(80, file));
    theirs.push(await wrk(CONSTANT_PORT, file));
  }
  await constant.stop(5_000);
  process.stdout.write(
    `poll: ${median(ours).toFixed(0)}/s, a constant of ${poll.length} bytes ${median(theirs).toFixed(0)}/s: ratio ${(median(ours) / median(theirs)).toFixed(2)}\n`,
  );

  const handshakes = (first: number, time: number) => node('clients.js', first, 200, AT_ONCE, time);
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const bare = Number(await node('rsa.js', 4096, seconds)) / 2;
    const { rate, failed } = JSON.parse(await handshakes(1_000 + pair * 200, seconds)) as {
      rate: number;
      failed: number;
    };
    ratios.push(rate / bare);
    process.stdout.write(
      `handshakes: ${rate.toFixed(0)}/s (${failed} refused), bare RSA of one thread ${bare.toFixed(0)}/s: ratio ${(rate / bare).toFixed(2)}\n`,
    );
  }
  process.stdout.write(`handshakes: median ratio ${median(ratios).toFixed(2)}\n`);

  const storm = await HandshakeStorm.prepare(network, {
    namespace,
    first: 3_000,
    storms: pairs,
    seconds: seconds + 4,
  });
  const delays: number[] = [];
  const [quiet, beside]: [number[], number[]] = [[], []];
  const exchange = () => dhcpTimes(network, { namespace: pc.namespace, rate: RATE, seconds });
  // V8 compiles what has run often: the first idle pace would be the slowest of all.
  await exchange();
  for (let pair = 0; pair < pairs; pair++) {
    const idle = await exchange();
    const [sealed, meanwhile] = await Promise.all([
      storm.run(pair, seconds + 4),
      sleep(2_000).then(exchange),
    ]);
    quiet.push(...idle);
    beside.push(...meanwhile);
    const [before, during] = [latencyOf(idle).p99, latencyOf(meanwhile).p99];
    delays.push(during / before);
    process.stdout.write(
      `DHCP: p99 idle ${before.toFixed(1)} ms, during handshakes ${during.toFixed(1)} ms: ratio ${(during / before).toFixed(2)}; ${(sealed / (seconds + 4)).toFixed(0)} handshakes a second\n`,
    );
  }
  const inOrder = (times: readonly number[]) => latencyOf(times.toSorted((a, b) => a - b));
  const [before, during] = [inOrder(quiet), inOrder(beside)];
  process.stdout.write(
    `DHCP: all ${quiet.length} and ${beside.length} exchanges: p50 idle ${before.p50.toFixed(1)} ms, during handshakes ${during.p50.toFixed(1)} ms; p99 ${before.p99.toFixed(1)} and ${during.p99.toFixed(1)} ms: ratio ${(during.p99 / before.p99).toFixed(2)}; median of the pairs' ratios ${median(delays).toFixed(2)}\n`,
  );
  await site.fogd.kill();
} finally {
  await network.close();
}
