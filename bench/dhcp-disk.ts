/**
 * What a slow disk does to answers that do not wait for it: the time of OFFERs while ACKs wait for an fdatasync of 20 ms; and what a lease
 * costs in memory. Figures and goals: bench/README.md.
 *
 *   node --expose-gc dist/bench/dhcp-disk.js [--pairs 3]
 */
import { parseArgs } from 'node:util';
import { compileDhcp } from '#services/dhcp/compile.js';
import { LeaseTable } from '#services/dhcp/leases.js';
import { toNumber } from '#settings/ipv4.js';
import { RunningDhcp, serverSettings } from '../test/interop/dhcp/fogd.js';
import { Segment } from '../test/interop/dhcp/segment.js';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '3' } } });
const SUBNETS = [{ network: '10.77.0.0/16', ranges: ['10.77.1.0-10.77.255.200'] }];

function memory(): void {
  const count = 60_000;
  const settings = compileDhcp(serverSettings({ subnets: SUBNETS }));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const first = toNumber('10.77.1.0');
  const leases = Array.from({ length: count }, (_, n) => ({
    ...{ address: first + n, mac: `02:00:00:00:${(n >> 8).toString(16)}:${(n & 255).toString(16)}` },
    ...{
      clientId: undefined,
      hostname: `pc-${n}`,
      state: 'bound' as const,
      grantedAt: n,
      expiresAt: n + 1000,
    },
  }));
  const table = new LeaseTable(settings, leases);
  leases.length = 0;
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / table.counts(0).size;
  process.stdout.write(`${bytes.toFixed(0)} bytes of heap for each of ${count} leases\n`);
}

/** p50 and p99 of OFFERs, in milliseconds. */
async function offers(syncMs: number): Promise<readonly [number, number]> {
  const segment = await Segment.create();
  try {
    await segment.addHost('srv', { eth0: { address: '10.77.0.1/16' } });
    await segment.addHost('pc', { eth0: { address: '10.77.0.10/16' } });
    await RunningDhcp.start(segment, 'srv', {
      ...{ dhcp: serverSettings({ subnets: SUBNETS }), store: segment.file('fogd.db'), syncMs },
    });
    const argv = [
      'perfdhcp',
      '-4',
      '-l',
      'eth0',
      '-r',
      '500',
      '-p',
      '5',
      '-R',
      '10000',
      '-x',
      't',
      '10.77.0.1',
    ];
    const { output } = await segment.run('pc', argv);
    // Exchanges of the one kind come first, then those of the other.
    const [first = ''] = output.slice(output.indexOf('sent / received')).split('***');
    const times = [...first.matchAll(/^sent \/ received: ([\d.]+) \/ ([\d.]+)$/gm)]
      .map(([, sent, received]) => 1000 * (Number(received) - Number(sent)))
      .sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
    return [at(0.5), at(0.99)];
  } finally {
    await segment.close();
  }
}

memory();
for (let pair = 0; pair < Number(values.pairs); pair++) {
  const text = ([p50, p99]: readonly [number, number]) => `${p50.toFixed(2)} and ${p99.toFixed(2)} ms`;
  const [fast, slow] = [await offers(0), await offers(20)];
  process.stdout.write(`OFFER p50 and p99: ${text(fast)}; with 20 ms for the disk ${text(slow)}\n`);
}
