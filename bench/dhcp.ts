/**
 * Leases per second, beside ISC dhcpd and Kea, from a pool of a /16; offers per second beside dnsmasq's proxy; a thousand machines at once.
 * `bare` does nothing but answer (bench/bare).
 * Figures and goals: bench/README.md.
 *
 *   node dist/bench/dhcp.js [--pairs 3] [--seconds 5] [--rates 1000,2000,4000] [--servers fogd,isc,kea,bare,fogd-proxy,dnsmasq-proxy,bare-proxy]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { kea, keaConfig } from '../test/lab/foreign-programs.js';
import { LabNetwork } from '../test/lab/network.js';
import { command, LabProcess } from '../test/lab/process.js';
import { buildBare } from './bare.js';
import { cpuSeconds } from './cpu.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rates: { type: 'string', default: '1000,2000,4000,8000' },
    servers: { type: 'string', default: 'fogd,isc,kea' },
  },
});

interface Server {
  readonly pid: number | undefined;
  readonly stop: () => Promise<void>;
}

/** Ten addresses less at each end: for the servers and the client. */
const FIRST = '10.77.1.0';
const LAST = '10.77.255.200';

const network = await LabNetwork.create();
const { server } = network;

async function inFolder(name: string): Promise<string> {
  const folder = join(network.folder, `${name}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  return folder;
}

const STARTS: Readonly<Record<string, () => Promise<Server>>> = {
  fogd: async () => {
    const folder = await inFolder('fogd');
    const subnets = [{ network: '10.77.0.0/16', ranges: [`${FIRST}-${LAST}`] }];
    // perfdhcp plays a relay, behind which nothing is probed; neither of the others looks for conflicts here.
    const dhcp = { mode: 'server', interfaces: ['eth0'], subnets, probe: false };
    const settings = { dhcp, nfs: { enabled: false }, log: { level: 'warn' } };
    const fogd = await FogdUnderTest.start({
      network,
      folder,
      settings,
      host: { ...server, role: `srv${counter++}` },
    });
    return { pid: fogd.pid, stop: () => fogd.stop() };
  },
  isc: async () => {
    const folder = await inFolder('isc');
    const [config, leases] = [join(folder, 'dhcpd.conf'), join(folder, 'dhcpd.leases')];
    writeFileSync(leases, '');
    writeFileSync(
      config,
      `authoritative; ping-check false; default-lease-time 21600;
       subnet 10.77.0.0 netmask 255.255.0.0 { range ${FIRST} ${LAST}; }\n`,
    );
    const argv = [
      '/usr/sbin/dhcpd',
      '-4',
      '-q',
      '-f',
      '-cf',
      config,
      '-lf',
      leases,
      '-pf',
      join(folder, 'pid'),
      'eth0',
    ];
    return await started(argv, folder, 1500);
  },
  kea: async () => {
    const folder = await inFolder('kea');
    const config = join(folder, 'kea.conf');
    const Dhcp4 = {
      ...keaConfig('10.77.0.0/16', `${FIRST} - ${LAST}`, 'WARN'),
      'lease-database': {
        type: 'memfile',
        persist: true,
        name: join(folder, 'leases.csv'),
        'lfc-interval': 0,
      },
      'valid-lifetime': 21600,
    };
    writeFileSync(config, JSON.stringify({ Dhcp4 }));
    return await started(kea(config, folder), folder, 2500);
  },
  bare: async () => {
    const folder = await inFolder('bare');
    return await started([await buildBare('dhcp', network.folder), 'eth0', '10.77.0.1'], folder, 300);
  },
  'fogd-proxy': async () => {
    const folder = await inFolder('proxy');
    const settings = {
      dhcp: { mode: 'proxy', interfaces: ['eth0'] },
      nfs: { enabled: false },
      log: { level: 'warn' },
    };
    const fogd = await FogdUnderTest.start({
      network,
      folder,
      settings,
      host: { ...server, role: `srv${counter++}` },
    });
    return { pid: fogd.pid, stop: () => fogd.stop() };
  },
  'dnsmasq-proxy': async () => {
    const folder = await inFolder('dnsmasq');
    const argv = [
      ...[
        'dnsmasq',
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--user=root',
        '--port=0',
        '--interface=eth0',
      ],
      ...[
        '--bind-interfaces',
        '--no-hosts',
        '--no-resolv',
        '--pid-file=',
        '--log-facility=/dev/null',
        '--leasefile-ro',
      ],
      ...[
        '--dhcp-range=10.77.0.0,proxy',
        '--pxe-service=x86PC,fogd,undionly.kpxe',
        '--pxe-service=X86-64_EFI,fogd,snponly.efi',
      ],
    ];
    return await started(argv, folder, 500);
  },
};
let counter = 0;

/** A foreign server, with a moment to get ready: quiet servers do not say when they are. */
async function started(argv: readonly string[], folder: string, milliseconds: number): Promise<Server> {
  const run = new LabProcess(network.cleanup, {
    namespace: server.namespace,
    argv: [...argv],
    logFile: join(folder, 'log'),
  });
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  if (run.exit !== undefined) throw new Error(`${argv[0]} ended: ${run.output}`);
  return {
    pid: run.pid,
    stop: async () => {
      await run.stop();
    },
  };
}

interface Result {
  /** Whole exchanges a second. */
  readonly rate: number;
  readonly drops: number;
  /** Milliseconds. */
  readonly offer: number;
  readonly ack: number;
}

async function load(namespace: string, rate: number, extra: readonly string[]): Promise<Result> {
  const seconds = Number(values.seconds);
  const argv = ['perfdhcp', '-4', '-l', 'eth0', '-r', String(rate), '-p', String(seconds), '-R', '60000'];
  const { stdout } = await command([...argv, ...extra, '10.77.0.1'], {
    namespace,
    timeoutMs: (seconds + 20) * 1000,
  });
  const all = (pattern: RegExp) => [...stdout.matchAll(pattern)].map((match) => Number(match[1]));
  const [offer = Number.NaN, ack = Number.NaN] = all(/^avg delay: ([\d.]+) ms/gm);
  const received = all(/^received packets: (\d+)/gm);
  const drops = all(/^drops: (\d+)/gm).reduce((a, b) => a + b, 0);
  return { rate: (received.at(-1) ?? 0) / seconds, drops, offer, ack };
}

try {
  // The lab gives hosts addresses in a /24.
  for (const [host, last] of [
    [server, 1],
    [await network.addHost('pc', { address: 10 }), 10],
  ] as const) {
    const ip = async (...args: string[]) => await command(['ip', '-n', host.namespace, ...args]);
    await ip('addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    await ip('addr', 'add', `10.77.0.${last}/16`, 'brd', '+', 'dev', 'eth0');
  }
  const namespace = server.namespace.replace(/[^-]+$/, 'pc');
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    for (const name of values.servers.split(',')) {
      for (const rate of values.rates.split(',').map(Number)) {
        const running = await STARTS[name.replace('bare-proxy', 'bare')]?.();
        // A proxy answers the DISCOVER of network-boot clients only.
        const isProxy = name.endsWith('-proxy');
        const pxe = [
          '-i',
          '-o',
          `60,${Buffer.from('PXEClient:Arch:00000:UNDI:002001').toString('hex')}`,
          '-o',
          '93,0000',
        ];
        const cpu = () => (running?.pid === undefined ? Number.NaN : cpuSeconds(String(running.pid)));
        const before = cpu();
        const { rate: done, drops, offer, ack } = await load(namespace, rate, isProxy ? pxe : []);
        const each = (1e6 * (cpu() - before)) / (done * Number(values.seconds));
        await running?.stop();
        process.stdout.write(
          `${name.padEnd(14)} asked ${String(rate).padStart(6)}/s  done ${done.toFixed(0).padStart(6)}/s  drops ${String(drops).padStart(6)}  OFFER ${offer.toFixed(2)} ms  ACK ${ack.toFixed(2)} ms  CPU ${each.toFixed(0)} µs each\n`,
        );
      }
    }
  }
} finally {
  await network.close();
}
