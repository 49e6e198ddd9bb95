/**
 * How fast fogd answers what machines ask of a large site (10,000 hosts, 1,000 active tasks), beside a Fastify route that answers a constant
 * of the same length: pairs of runs, one after the other, so that what else the machine does hits both. Figures and goals: bench/README.md.
 *
 *   node dist/bench/http.js [--seconds 2] [--pairs 3] [endpoint …]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { macOf, tokenOf, writeSite } from './site.js';

const SITE = { hosts: 10_000, tasks: 1_000 };
const CONSTANT_PORT = 8080;
const CONNECTIONS = 32;

interface Request {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly path: string;
  readonly body?: string;
}

const b64 = (text: string): string => Buffer.from(`${text}\n`).toString('base64');
const session = (number: number): string => `/fog/t/${tokenOf(number)}`;
const PROGRESS = b64('  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000');
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
  .map((field) => `${field}=${b64(`value of ${field}`)}`)
  .join('&');
const post = (path: string, body: string): Request => ({ method: 'POST', path, body });

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
  'man.hostexists.php': (n) => post('/fog/service/man.hostexists.php', `mac=${b64(macOf(n % 10_000))}`),
  'hostnameloop.php': (n) => post('/fog/service/hostnameloop.php', `host=${b64(`pc-${n}`)}`),
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
  const images = join(network.folder, 'images');
  mkdirSync(join(images, '.fogd'), { recursive: true });
  await writeSite(join(network.folder, 'state-srv'), images, SITE);
  const fogd = await FogdUnderTest.start({
    network,
    folder: network.folder,
    settings: { images: { folder: images, reserve_mib: 0 } },
  });
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
  const curl = async ({ method, path, body }: Request): Promise<string> =>
    mustRun(
      [
        'curl',
        '-gsS',
        ...(method === 'HEAD' ? ['-I', '-o', '/dev/null'] : []),
        ...(body === undefined ? [] : ['-d', body]),
        `http://127.0.0.1${path}`,
      ],
      { namespace },
    );
  // Machines 0 to 9 are deployed to, 100 to 399 wait.
  for (const number of [...Array(10).keys(), ...Array.from({ length: 300 }, (_, n) => 100 + n)]) {
    await curl({ method: 'HEAD', path: `${session(number)}//index.php` });
    const body = await curl(
      post(`${session(number)}/service/Pre_Stage1.php`, `mac=${macOf(number)}&type=down`),
    );
    // A refusal is fast: it would be measured in place of the answer that is meant.
    if (!(number < 10 ? body === '##@GO' : body.includes('before me'))) throw new Error(body);
  }
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
    const bytes = first ? Buffer.byteLength(await curl(first)) : 0;
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
  await fogd.kill();
} finally {
  await network.close();
}
