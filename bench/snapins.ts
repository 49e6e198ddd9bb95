/**
 * Clients fetch one snapin at once, each at its own secret address, by HTTP and by HTTPS, from fogd and from nginx in turn, as one
 * `curl --parallel` sees it; and what fogd's memory is while 200 do. Figures and goals: bench/README.md. Needs `apt-get install nginx-light`.
 *
 *   node dist/bench/snapins.js [--pairs 3] [--clients 50] [--megabytes 64]
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { secretHash } from '#actions/offer-snapins.js';
import { systemClock } from '#daemon/clock.js';
import { SnapinTaskRepository } from '#store/snapin-tasks.js';
import { Store } from '#store/store.js';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { childrenOf, cpuSeconds } from './cpu.js';
import { macOf } from './site.js';

const CROWD = 200;
const [HTTP_PORT, HTTPS_PORT] = [8080, 8443];
const MEGABYTE = 1_000_000;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    clients: { type: 'string', default: '50' },
    megabytes: { type: 'string', default: '64' },
  },
});
const clients = Number(values.clients);
const size = Number(values.megabytes) * MEGABYTE;
const median = (figures: number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;

/** As if each client had just polled. Nobody has the store open. */
async function offerAll(state: string): Promise<void> {
  const file = join(state, 'fogd.sqlite');
  const store = await Store.open({ file, clock: systemClock, onWarning: () => undefined });
  const tasks = new SnapinTaskRepository(store);
  const sha512 = store.prepare('SELECT sha512 FROM snapins').pluck().get() as string;
  await store.commit(() => {
    for (let number = 0; number < CROWD; number++) {
      const job = tasks.addJob(number + 1, Date.now());
      const id = 1_000 + number;
      const entry = { id, jobId: job.id, snapinId: 1, snapin: 'large', createdAt: 0, createdBy: 'bench' };
      tasks.add(entry);
      tasks.change(id, { state: 2, offered: sha512, secretHash: secretHash(`secret-${number}`) });
    }
  });
  await store.close();
}

/** MiB that a process has in memory now, and at its most. */
function memory(pid: string): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), most: of('VmHWM') };
}

const cpuOf = (pid: string): number =>
  [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuSeconds(one), 0);

const network = await LabNetwork.create();
try {
  const { folder, server } = network;
  const { namespace } = server;
  const settings = { nfs: { enabled: false }, tftp: { enabled: false } };
  const options = { network, folder, settings };
  let fogd = await FogdUnderTest.start(options);
  const large = join(folder, 'large.bin');
  await mustRun([
    'dd',
    'if=/dev/urandom',
    `of=${large}`,
    'bs=1000000',
    `count=${values.megabytes}`,
    'status=none',
  ]);
  await fogd.cli('snapin', 'add', large, '--name', 'large');
  const socket = join(fogd.state, 'fogd.sock');
  for (let number = 0; number < CROWD; number++)
    await mustRun([
      ...['curl', '-sSf', '--unix-socket', socket, '-o', '/dev/null', '-H', 'content-type: application/json'],
      ...['-d', JSON.stringify({ name: `pc-${number}`, macs: [macOf(number)] }), 'http://fogd/api/v1/hosts'],
    ]);
  while (!existsSync(join(fogd.state, 'pki', 'tls.pem'))) await sleep(200);
  await fogd.stop();
  await offerAll(fogd.state);
  fogd = await FogdUnderTest.start(options);

  const root = join(folder, 'nginx');
  mkdirSync(root, { mode: 0o755 });
  copyFileSync(large, join(root, 'large.bin'));
  const pem = join(folder, 'nginx.pem');
  await mustRun([
    ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=nginx'],
    ...['-keyout', pem, '-out', `${pem}.crt`],
  ]);
  const tls = `ssl_certificate ${pem}.crt; ssl_certificate_key ${pem}; ssl_protocols TLSv1.2 TLSv1.3;`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes auto; daemon off; user root; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; root ${root};
  server { listen ${HTTP_PORT}; }
  server { listen ${HTTPS_PORT} ssl; ${tls} } }
`,
  );
  const nginx = new LabProcess(network.cleanup, {
    namespace,
    argv: ['nginx', '-c', join(folder, 'nginx.conf')],
    logFile: join(folder, 'nginx.log'),
  });
  while (!existsSync(join(folder, 'nginx.pid'))) await sleep(50);

  const pids = {
    fogd: readFileSync(join(fogd.state, 'lock'), 'utf8').trim(),
    nginx: readFileSync(join(folder, 'nginx.pid'), 'utf8').trim(),
  };
  const ofFogd = (scheme: string) => (number: number) =>
    `${scheme}://127.0.0.1/fog/x/secret-${number}/service/snapins.file.php?mac=${macOf(number)}&taskid=${1_000 + number}`;
  const fetchAll = async (url: (number: number) => string, count: number): Promise<number> => {
    const outputs = Array.from({ length: count }, (_, number) => ['-o', '/dev/null', url(number)]).flat();
    const from = performance.now();
    await mustRun(
      ['curl', '-gsSfk', '--parallel', '--parallel-immediate', '--parallel-max', String(count), ...outputs],
      { namespace, timeoutMs: 300_000 },
    );
    return (performance.now() - from) / 1_000;
  };
  const gigabytes = (size * clients) / (1_000 * MEGABYTE);
  process.stdout.write(`${clients} clients, ${values.megabytes} MB each; medians of ${values.pairs} pairs\n`);
  for (const [scheme, port] of [
    ['http', HTTP_PORT],
    ['https', HTTPS_PORT],
  ] as const) {
    const servers = [
      { name: 'fogd', url: ofFogd(scheme), pid: pids.fogd, rates: [] as number[], cpu: [] as number[] },
      {
        name: 'nginx',
        url: () => `${scheme}://127.0.0.1:${port}/large.bin`,
        pid: pids.nginx,
        rates: [] as number[],
        cpu: [] as number[],
      },
    ];
    for (const { url } of servers) await fetchAll(url, clients);
    for (let pair = 0; pair < Number(values.pairs); pair++)
      for (const { url, pid, rates, cpu } of servers) {
        const before = cpuOf(pid);
        rates.push(gigabytes / (await fetchAll(url, clients)));
        cpu.push((cpuOf(pid) - before) / gigabytes);
      }
    for (const { name, rates, cpu } of servers)
      process.stdout.write(
        `${scheme.padEnd(5)} ${name.padEnd(6)} ${median(rates).toFixed(2)} GB/s, ${median(cpu).toFixed(2)} s of CPU per GB\n`,
      );
    const [ours = 0, theirs = 1] = servers.map(({ rates }) => median(rates));
    process.stdout.write(`${scheme.padEnd(5)} ratio  ${(ours / theirs).toFixed(2)}\n`);
  }
  const idle = memory(pids.fogd).now;
  await fetchAll(ofFogd('http'), CROWD);
  const after = memory(pids.fogd);
  const open = readdirSync(`/proc/${pids.fogd}/fd`).length;
  process.stdout.write(
    `${CROWD} at once: ${idle.toFixed(0)} MiB before, ${after.most.toFixed(0)} at its most, ${after.now.toFixed(0)} after; ${open} descriptors open\n`,
  );
  await nginx.stop();
  await fogd.kill();
} finally {
  await network.close();
}
