/**
 * TFTP beside dnsmasq, tftpd-hpa and atftpd. Figures and goals: bench/README.md.
 *
 *   node dist/bench/tftp.js [--pairs 3] [--servers fogd,dnsmasq,tftpd-hpa,atftpd,bare] [--loads one,window,many,storm,loss,arrival]
 *   node dist/bench/tftp.js --beside [--pairs 3]
 *
 * Each pair is one round of all servers, one after the other; at the end come the medians, and for each goal the median of the rounds'
 * ratios. `bare` does nothing but answer (bench/bare). `--beside` measures what HTTP and DHCP of fogd notice of the storm, in lock-step and in windows of 16.
 *
 * Both packages are called in.tftpd and conflict: unpack them (apt-get download atftpd; dpkg-deb -x atftpd*.deb DIR) and say where they are,
 * --atftpd DIR/usr/sbin/atftpd --tftpd DIR/usr/sbin/in.tftpd.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { command, LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { waitsOf } from './arrival.js';
import { buildBare } from './bare.js';
import { dhcpLatency, httpLatency, type Latency } from './beside.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    servers: { type: 'string', default: 'fogd,dnsmasq,tftpd-hpa,atftpd' },
    loads: { type: 'string', default: 'one,window,many,storm,loss,arrival' },
    beside: { type: 'boolean', default: false },
    atftpd: { type: 'string', default: '/usr/sbin/atftpd' },
    tftpd: { type: 'string', default: '/usr/sbin/in.tftpd' },
  },
});

const MIB = 1024 * 1024;
const FILES = { small: MIB, large: 40 * MIB } as const;
const network = await LabNetwork.create();
const { server } = network;
const served = join(network.folder, 'served');
let counter = 0;

interface Server {
  /** Processor time of the server and its children so far, in seconds. */
  readonly cpu: () => number;
  readonly stop: () => Promise<void>;
}

const STARTS: Readonly<Record<string, () => Promise<Server>>> = {
  fogd: async () => {
    const folder = join(network.folder, `fogd${counter}`);
    mkdirSync(folder);
    const settings = {
      dhcp: {
        mode: 'server',
        interfaces: ['eth0'],
        subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
      },
      boot: { file_folders: [served] },
      nfs: { enabled: false },
      log: { level: 'warn' },
    };
    const host = { ...server, role: `srv${counter++}` };
    const fogd = await FogdUnderTest.start({ network, folder, settings, host });
    return { cpu: () => cpuOf('fogd.js'), stop: () => fogd.stop() };
  },
  bare: async () =>
    await foreign([await buildBare('tftp', network.folder), '10.77.0.1', served], 'bare-tftp'),
  dnsmasq: () =>
    foreign(
      [
        ...[
          'dnsmasq',
          '--keep-in-foreground',
          '--conf-file=/dev/null',
          '--user=root',
          '--port=0',
          '--pid-file=',
        ],
        ...['--enable-tftp', `--tftp-root=${served}`, '--tftp-max=2000', '--log-facility=/dev/null'],
      ],
      'dnsmasq',
    ),
  'tftpd-hpa': async () => ({
    ...(await foreign(
      [values.tftpd, '--foreground', '--listen', '--address', '10.77.0.1:69', '--secure', served],
      'in.tftpd',
    )),
    // Each transfer is a process of its own, which ends before its time can be read.
    cpu: () => Number.NaN,
  }),
  atftpd: () =>
    foreign(
      [
        values.atftpd,
        '--daemon',
        '--no-fork',
        '--user',
        'root',
        '--maxthread',
        '2000',
        '--logfile',
        '/dev/null',
        served,
      ],
      'atftpd',
    ),
};

async function foreign(argv: string[], name: string): Promise<Server> {
  const run = new LabProcess(network.cleanup, {
    namespace: server.namespace,
    argv,
    logFile: join(network.folder, `${name}${counter++}.log`),
  });
  await sleep(300);
  if (run.exit !== undefined) throw new Error(`${name} ended: ${run.output}`);
  return {
    cpu: () => cpuOf(name),
    stop: async () => {
      await run.stop();
    },
  };
}

/** User and system time of all processes in the server's namespace with this in their command line, children that ended included. */
function cpuOf(name: string): number {
  return known.reduce((sum, pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name)) return sum;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return sum + [11, 12, 13, 14].reduce((ticks, index) => ticks + Number(fields[index]), 0) / 100;
    } catch {
      // Ended meanwhile.
      return sum;
    }
  }, 0);
}

/** Processes of the server. */
let known: string[] = [];

async function learnPids(): Promise<void> {
  known = (await mustRun(['ip', 'netns', 'pids', server.namespace])).trim().split('\n');
}

interface Result {
  readonly failed: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

const pc = await network.addHost('pc', { address: 10 });

async function clients(
  file: keyof typeof FILES,
  count: number,
  window: number,
  spread: number,
): Promise<Result> {
  const { stdout, stderr } = await command(
    [
      ...[process.execPath, inRepository('dist', 'bench', 'tftp-clients.js'), '10.77.0.1', file],
      ...[FILES[file], count, window, spread].map(String),
    ],
    { namespace: pc.namespace, timeoutMs: 150_000 },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`clients: ${stderr}`);
  return JSON.parse(line) as Result;
}

/** One client of another maker, both ends on one processor: else the figure is noise. */
async function one(window: number): Promise<Result> {
  await mustRun(['bash', '-c', `for p in ${known.join(' ')}; do taskset -apc 0 $p; done`]);
  const options = ['--option', 'blksize 1428', ...(window > 1 ? ['--option', `windowsize ${window}`] : [])];
  const argv = [
    'taskset',
    '-c',
    '0',
    'atftp',
    ...options,
    '-g',
    '-r',
    'large',
    '-l',
    '/dev/null',
    '10.77.0.1',
    '69',
  ];
  const from = performance.now();
  const { code } = await command(argv, { namespace: pc.namespace, timeoutMs: 60_000 });
  const ms = performance.now() - from;
  return { failed: code === 0 ? 0 : 1, seconds: ms / 1000, p50: ms, p95: ms, max: ms };
}

async function loss(percent: number): Promise<void> {
  const rules =
    percent === 0
      ? 'flush ruleset\n'
      : `flush ruleset\ntable bridge t { chain f { type filter hook forward priority 0;\nip protocol udp numgen random mod 100 < ${percent} drop\n}\n}\n`;
  await mustRun(['ip', 'netns', 'exec', network.switchNamespace, 'nft', '-f', '-'], { input: rules });
}

/** The time from arrival to answer, of every eighth client of a storm: in the place of the times of whole transfers. */
async function arrival(): Promise<Result> {
  const file = join(network.folder, `arrival${counter++}.pcap`);
  const port = (at: number): string => `udp[${at}:2] & 7 == 0`;
  const filter = `(dst host 10.77.0.1 and ${port(0)}) or (src host 10.77.0.1 and ${port(2)})`;
  const capture = new LabProcess(network.cleanup, {
    namespace: server.namespace,
    argv: [
      ...['tcpdump', '-i', 'eth0', '-n', '-s', '64', '-B', '65536', '-Z', 'root', '-w', file],
      `udp and (${filter})`,
    ],
    logFile: join(network.folder, `tcpdump${counter}.log`),
  });
  await capture.waitForOutput('listening on', 5_000);
  const storm = await clients('small', 1000, 1, 1000);
  await capture.stop();
  const dropped = /(\d+) packets dropped by kernel/.exec(capture.output)?.[1];
  if (dropped !== '0') throw new Error(`tcpdump lost ${dropped} packets: the capture proves nothing`);
  const waits = waitsOf(file, '10.77.0.1').sort((a, b) => a - b);
  rmSync(file);
  const at = (share: number): number => waits[Math.floor(waits.length * share)] ?? Number.NaN;
  return { ...storm, p50: at(0.5), p95: at(0.95), max: waits.at(-1) ?? Number.NaN };
}

const LOADS: Readonly<Record<string, { readonly gigabytes: number; readonly run: () => Promise<Result> }>> = {
  one: { gigabytes: FILES.large / 1e9, run: () => one(1) },
  window: { gigabytes: FILES.large / 1e9, run: () => one(16) },
  many: { gigabytes: (64 * FILES.small) / 1e9, run: () => clients('small', 64, 1, 0) },
  storm: { gigabytes: (1000 * FILES.small) / 1e9, run: () => clients('small', 1000, 1, 1000) },
  arrival: { gigabytes: (1000 * FILES.small) / 1e9, run: arrival },
  loss: {
    gigabytes: (50 * FILES.small) / 1e9,
    run: async () => {
      await loss(1);
      try {
        return await clients('small', 50, 1, 500);
      } finally {
        await loss(0);
      }
    },
  },
};

interface Measured extends Result {
  readonly mbPerSecond: number;
  /** Seconds of processor time per GB. */
  readonly cpu: number;
}
type Figure = (measured: Measured) => number;

/** Figure of fogd over the best of the others in the same round, wanted at least (`>=`) or at most. */
interface Goal {
  readonly load: string;
  readonly what: string;
  readonly figure: Figure;
  readonly others: readonly string[];
  readonly wanted: readonly ['>=' | '<=', number];
}

const speed: Figure = ({ mbPerSecond }) => mbPerSecond;
const cpu: Figure = (measured) => measured.cpu;
const ALL = ['dnsmasq', 'tftpd-hpa', 'atftpd'];
const GOALS: readonly Goal[] = [
  { load: 'one', what: 'MB/s', figure: speed, others: ALL, wanted: ['>=', 0.9] },
  { load: 'window', what: 'MB/s', figure: speed, others: ['atftpd'], wanted: ['>=', 1] },
  { load: 'many', what: 'MB/s', figure: speed, others: ALL, wanted: ['>=', 1] },
  { load: 'many', what: 'MB/s', figure: speed, others: ['tftpd-hpa'], wanted: ['>=', 2] },
  { load: 'many', what: 'MB/s', figure: speed, others: ['atftpd'], wanted: ['>=', 2] },
  ...['many', 'storm'].map(
    (load): Goal => ({
      load,
      what: 'CPU s/GB',
      figure: cpu,
      others: ['dnsmasq', 'atftpd'],
      wanted: ['<=', 1.5],
    }),
  ),
  { load: 'loss', what: 'p95', figure: ({ p95 }) => p95, others: ALL, wanted: ['<=', 1 / 3] },
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Rounds of one load: what each server did in it. */
type Rounds = readonly ReadonlyMap<string, Measured>[];

function lineOf(load: string, name: string, rounds: readonly Measured[]): string {
  const of = (figure: Figure): number => median(rounds.map(figure));
  const failed = rounds.reduce((sum, one) => sum + one.failed, 0);
  return (
    `${load.padEnd(7)} ${name.padEnd(10)} ${of(speed).toFixed(1).padStart(7)} MB/s  ${of(cpu).toFixed(1).padStart(6)} s CPU/GB  ` +
    `failed ${failed}  p50 ${of(({ p50 }) => p50).toFixed(1)} p95 ${of(({ p95 }) => p95).toFixed(1)} max ${of(({ max }) => max).toFixed(1)} ms\n`
  );
}

function judge(load: string, rounds: Rounds): void {
  process.stdout.write(`-- medians of ${rounds.length}\n`);
  for (const name of values.servers.split(','))
    process.stdout.write(
      lineOf(
        load,
        name,
        rounds.flatMap((round) => round.get(name) ?? []),
      ),
    );
  for (const { what, figure, others, wanted } of GOALS.filter((goal) => goal.load === load)) {
    const [relation, limit] = wanted;
    const best = relation === '>=' ? Math.max : Math.min;
    const ratios = rounds.flatMap((round) => {
      const own = round.get('fogd');
      const peers = others.flatMap((name) => round.get(name) ?? []).map(figure);
      return own && peers.length > 0 ? [figure(own) / best(...peers)] : [];
    });
    if (ratios.length === 0) continue;
    const ratio = median(ratios);
    const isMet = relation === '>=' ? ratio >= limit : ratio <= limit;
    const peers = others.length > 1 ? 'the best peer' : others[0];
    process.stdout.write(
      `${isMet ? 'met' : 'MISSED'}: ${load}, ${what} ${ratio.toFixed(2)} of ${peers} (goal ${relation} ${limit.toFixed(2)})\n`,
    );
  }
}

async function measure(load: string, name: string): Promise<Measured> {
  const job = LOADS[load];
  const running = await STARTS[name]?.();
  if (!job || !running) throw new Error(`unknown: ${load} or ${name}`);
  await learnPids();
  const before = running.cpu();
  const result = await job.run();
  const cpu = (running.cpu() - before) / job.gigabytes;
  await running.stop();
  const measured = { ...result, cpu, mbPerSecond: (job.gigabytes * 1000) / result.seconds };
  process.stdout.write(lineOf(load, name, [measured]));
  return measured;
}

/** HTTP and DHCP at 50 a second each: idle, and while a storm is served. */
async function beside(): Promise<void> {
  const web = await network.addHost('web', { address: 11 });
  const seconds = 6;
  const notice = async (): Promise<readonly Latency[]> =>
    Promise.all([
      httpLatency('http://10.77.0.1/fog/service/getversion.php', '', {
        namespace: web.namespace,
        rate: 50,
        seconds,
      }),
      dhcpLatency(network, { namespace: web.namespace, rate: 50, seconds }),
    ]);
  const text = (latencies: readonly Latency[]): string =>
    ['HTTP', 'DHCP']
      .map((name, index) => {
        const { p50, p99 } = latencies[index] ?? { p50: Number.NaN, p99: Number.NaN };
        return `${name} p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
      })
      .join(', ');
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const running = await STARTS.fogd?.();
    process.stdout.write(`idle          ${text(await notice())}\n`);
    for (const window of [1, 16]) {
      const storm = clients('small', 1000, window, 1000);
      const noticed = await notice();
      const { failed, seconds: took } = await storm;
      process.stdout.write(
        `window of ${String(window).padStart(2)}  ${text(noticed)}; storm ${took.toFixed(1)} s, failed ${failed}\n`,
      );
    }
    await running?.stop();
  }
}

try {
  mkdirSync(served);
  for (const [name, size] of Object.entries(FILES)) writeFileSync(join(served, name), randomBytes(size));
  if (values.beside) await beside();
  else {
    for (const load of values.loads.split(',')) {
      const rounds: Map<string, Measured>[] = [];
      for (let pair = 0; pair < Number(values.pairs); pair++) {
        const round = new Map<string, Measured>();
        for (const name of values.servers.split(',')) round.set(name, await measure(load, name));
        rounds.push(round);
      }
      judge(load, rounds);
    }
  }
} finally {
  await network.close();
}
