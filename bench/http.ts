/**
 * How fast fogd answers what machines ask of a large site (10,000 hosts, 1,000 active tasks), beside a Fastify route that answers a constant
 * of the same length: pairs of runs, one after the other, so that what else the machine does hits both. Figures and goals: bench/README.md.
 *
 *   node dist/bench/http.js [--seconds 2] [--pairs 3] [endpoint …]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { base64, macOf, PROGRESS, post, type Request, RunningSite, session } from './site.js';

const SITE = { hosts: 10_000, tasks: 1_000, slots: 10 };
const CONSTANT_PORT = 8080;
const CONNECTIONS = 32;

const INVENTORY = [
  'sysman',
  'sysproduct',
  'sysserial',
  'biosversion',
  'mbman',
  'cpuversion',
  'mem',
  'caseman',
]
  .map((field) => `${field}=${base64(`value of ${field}`)}`)
  .join('&');

/** The n-th request of each endpoint. Machines up to `SITE.tasks` have a task; those from 5000 on have none. */
const ENDPOINTS: Readonly<Record<string, (n: number) => Request>> = {
  'boot.php, unknown': (n) => ({
    method: 'GET',
    path: `/fog/service/ipxe/boot.php?mac0=${macOf(50_000 + n)}&arch=x86_64&platform=efi`,
  }),
  'boot.php, menu': (n) => ({
    method: 'GET',
    path: `/fog/service/ipxe/boot.php?mac0=${macOf(5_000 + n)}&arch=x86_64&platform=efi`,
  }),
  'boot.php, task': (n) => ({
    method: 'GET',
    path: `/fog/service/ipxe/boot.php?mac0=${macOf(500 + (n % 500))}&arch=i386`,
  }),
  'index.php': () => ({ method: 'GET', path: '/fog//index.php' }),
  'getversion.php': () => ({ method: 'GET', path: '/fog/service/getversion.php' }),
  'Pre_Stage1.php, waits': (n) =>
    post(`${session(100 + (n % 300))}/service/Pre_Stage1.php`, `mac=${macOf(100 + (n % 300))}&type=down`),
  'progress.php': (n) =>
    post(`${session(n % 10)}/service/progress.php`, `mac=${macOf(n % 10)}&status=${PROGRESS}`),
  'inventory.php': (n) =>
    post('/fog/service/inventory.php', `mac=${macOf(5_000 + (n % 4_000))}&${INVENTORY}`),
  'man.hostexists.php': (n) => post('/fog/service/man.hostexists.php', `mac=${base64(macOf(n % 10_000))}`),
  'hostnameloop.php': (n) => post('/fog/service/hostnameloop.php', `host=${base64(`pc-${n}`)}`),
  'imagelisting.php': () => ({ method: 'GET', path: '/fog/service/imagelisting.php' }),
  'Post_Stage3.php, refused': (n) =>
    post('/fog/service/Post_Stage3.php', `mac=${macOf(n % 10_000)}&type=down`),
  'taskerror.php, warning': (n) =>
    post(`${session(n % 10)}/service/taskerror.php`, `mac=${macOf(n % 10)}&type=warning&text=a+warning`),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '2' }, pairs: { type: 'string', default: '3' } },
});
const median = (figures: number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;

const network = await LabNetwork.create();
try {
  const site = await RunningSite.start(network, SITE);
  const { namespace } = network.server;
  const wrk = async (port: number, file: string): Promise<number> => {
    const output = await mustRun(
      [
        'wrk',
        '-t1',
        `-c${CONNECTIONS}`,
        `-d${values.seconds}s`,
        '-s',
        inRepository('bench', 'wrk.lua'),
        `http://127.0.0.1:${port}`,
        '--',
        file,
      ],
      { namespace, timeoutMs: 60_000 },
    );
    if (/Non-2xx/.test(output)) throw new Error(output);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  };
  const numbers = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);
  await site.checkIn(numbers(0, 10), '##@GO');
  await site.checkIn(numbers(100, 300), 'before me');
  process.stdout.write('endpoint                      fogd/s  constant/s  ratio (of medians)  bytes\n');
  for (const [name, make] of Object.entries(ENDPOINTS)) {
    if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
    const file = join(network.folder, 'requests');
    const requests = Array.from({ length: 2_000 }, (_, n) => make(n));
    writeFileSync(
      file,
      requests.map(({ method, path, body = '' }) => `${method}\t${path}\t${body}\n`).join(''),
    );
    const [first] = requests;
    const bytes = first ? Buffer.byteLength(await site.curl(first)) : 0;
    const constant = new LabProcess(network.cleanup, {
      namespace,
      argv: [
        process.execPath,
        inRepository('dist', 'bench', 'constant.js'),
        String(CONSTANT_PORT),
        String(bytes),
      ],
      logFile: join(network.folder, 'constant.log'),
    });
    await constant.waitForOutput('ready', 10_000);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      ours.push(await wrk(80, file));
      theirs.push(await wrk(CONSTANT_PORT, file));
    }
    await constant.stop(5_000);
    const ratio = median(ours) / median(theirs);
    process.stdout.write(
      `${name.padEnd(28)} ${median(ours).toFixed(0).padStart(7)} ${median(theirs).toFixed(0).padStart(11)} ${ratio.toFixed(2).padStart(6)} ${String(bytes).padStart(20)}\n`,
    );
  }
  await site.fogd.kill();
} finally {
  await network.close();
}
