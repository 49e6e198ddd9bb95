/**
 * TFTP beside dnsmasq, tftpd-hpa and atftpd. Figures and goals: bench/README.md.
 *
 *   node dist/bench/tftp.js [--pairs 3] [--servers fogd,dnsmasq,tftpd-hpa,atftpd] [--loads one,window,many,storm,loss]
 *
 * Both packages are called in.tftpd and conflict: unpack them (apt-get download atftpd; dpkg-deb -x atftpd*.deb DIR) and say where they are,
 * --atftpd DIR/usr/sbin/atftpd --tftpd DIR/usr/sbin/in.tftpd.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { command, LabProcess, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    servers: { type: 'string', default: 'fogd,dnsmasq,tftpd-hpa,atftpd' },
    loads: { type: 'string', default: 'one,window,many,storm,loss' },
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
      boot: { file_folders: [served] },
      nfs: { enabled: false },
      log: { level: 'warn' },
    };
    const host = { ...server, role: `srv${counter++}` };
    const fogd = await FogdUnderTest.start({ network, folder, settings, host });
    return { cpu: () => cpuOf('fogd.js'), stop: () => fogd.stop() };
  },
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
  'tftpd-hpa': () =>
    foreign(
      [values.tftpd, '--foreground', '--listen', '--address', '10.77.0.1:69', '--secure', served],
      'in.tftpd',
    ),
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

const LOADS: Readonly<Record<string, { readonly gigabytes: number; readonly run: () => Promise<Result> }>> = {
  one: { gigabytes: FILES.large / 1e9, run: () => one(1) },
  window: { gigabytes: FILES.large / 1e9, run: () => one(16) },
  many: { gigabytes: (64 * FILES.small) / 1e9, run: () => clients('small', 64, 1, 0) },
  storm: { gigabytes: (1000 * FILES.small) / 1e9, run: () => clients('small', 1000, 1, 1000) },
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

try {
  mkdirSync(served);
  for (const [name, size] of Object.entries(FILES)) writeFileSync(join(served, name), randomBytes(size));
  for (const load of values.loads.split(',')) {
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      for (const name of values.servers.split(',')) {
        const job = LOADS[load];
        const running = await STARTS[name]?.();
        if (!job || !running) throw new Error(`unknown: ${load} or ${name}`);
        await learnPids();
        const before = running.cpu();
        const result = await job.run();
        const cpu = running.cpu() - before;
        await running.stop();
        const { failed, seconds, p50, p95, max } = result;
        process.stdout.write(
          `${load.padEnd(7)} ${name.padEnd(10)} ${((job.gigabytes * 1000) / seconds).toFixed(1).padStart(7)} MB/s  ` +
            `${(cpu / job.gigabytes).toFixed(1).padStart(6)} s CPU/GB  failed ${failed}  p50 ${p50.toFixed(0)} p95 ${p95.toFixed(0)} max ${max.toFixed(0)} ms\n`,
        );
      }
    }
  }
} finally {
  await network.close();
}
