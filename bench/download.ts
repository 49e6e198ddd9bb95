/**
 * 100 machines fetch a 30 MB init at once, from fogd and from nginx in turn, as one `curl --parallel` sees it. Figures and goals:
 * bench/README.md. Needs `apt-get install nginx-light`.
 *
 *   node dist/bench/download.js [--pairs 3]
 */

import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { childrenOf, cpuSeconds } from './cpu.js';

const MEGABYTE = 1_000_000;
const SIZE = 30 * MEGABYTE;
const DOWNLOADS = 100;
const NGINX_PORT = 8080;

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '3' } } });
const median = (figures: number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;

/** A server and, of nginx, its workers. */
const cpuOf = (pid: string): number =>
  [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuSeconds(one), 0);

const network = await LabNetwork.create();
try {
  const folder = network.folder;
  const { namespace } = network.server;
  const state = join(folder, 'state-srv', 'boot');
  const root = join(folder, 'nginx');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  mkdirSync(root, { mode: 0o755 });
  writeFileSync(join(state, 'init.xz'), randomBytes(SIZE));
  copyFileSync(join(state, 'init.xz'), join(root, 'init.xz'));
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes auto; daemon off; user root; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; server { listen ${NGINX_PORT}; root ${root}; } }
`,
  );
  const fogd = await FogdUnderTest.start({ network, folder, settings: {} });
  const nginx = new LabProcess(network.cleanup, {
    namespace,
    argv: ['nginx', '-c', join(folder, 'nginx.conf')],
    logFile: join(folder, 'nginx.log'),
  });
  // It writes the file of its PID when it listens.
  while (!existsSync(join(folder, 'nginx.pid'))) await sleep(50);
  const fetchAll = async (url: string): Promise<number> => {
    const outputs = Array.from({ length: DOWNLOADS }, () => ['-o', '/dev/null', url]).flat();
    const from = performance.now();
    await mustRun(
      ['curl', '-sSf', '--parallel', '--parallel-immediate', '--parallel-max', String(DOWNLOADS), ...outputs],
      { namespace, timeoutMs: 120_000 },
    );
    return (performance.now() - from) / 1_000;
  };
  const servers = [
    {
      name: 'fogd',
      url: 'http://127.0.0.1/fog/service/ipxe/init.xz',
      pid: readFileSync(join(fogd.state, 'lock'), 'utf8').trim(),
      rates: [] as number[],
      cpu: [] as number[],
    },
    {
      name: 'nginx',
      url: `http://127.0.0.1:${NGINX_PORT}/init.xz`,
      pid: readFileSync(join(folder, 'nginx.pid'), 'utf8').trim(),
      rates: [] as number[],
      cpu: [] as number[],
    },
  ];
  const gigabytes = (SIZE * DOWNLOADS) / (1_000 * MEGABYTE);
  for (const { url } of servers) await fetchAll(url);
  for (let pair = 0; pair < Number(values.pairs); pair++)
    for (const { url, pid, rates, cpu } of servers) {
      const before = cpuOf(pid);
      rates.push(gigabytes / (await fetchAll(url)));
      cpu.push((cpuOf(pid) - before) / gigabytes);
    }
  for (const { name, rates, cpu } of servers)
    process.stdout.write(
      `${name.padEnd(6)} ${median(rates).toFixed(2)} GB/s, ${median(cpu).toFixed(2)} s of CPU per GB\n`,
    );
  const ratios = servers.map(({ rates }) => median(rates));
  process.stdout.write(`ratio  ${((ratios[0] ?? 0) / (ratios[1] ?? 1)).toFixed(2)}\n`);
  await nginx.stop();
  await fogd.kill();
} finally {
  await network.close();
}
