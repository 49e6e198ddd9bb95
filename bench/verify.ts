/**
 * What machines notice while an image is read back: the time of check-ins and of DHCP exchanges (perfdhcp), with and without. Figures and
 * goals: bench/README.md.
 *
 *   node dist/bench/verify.js [--pairs 3]
 */

import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { writeSmallImage } from '../test/unit/services/http/small-image.js';
import { dhcpLatency, httpLatency, type Latency } from './beside.js';
import { macOf, RunningSite, session } from './site.js';

const MEGABYTES = 6_000;
const SECONDS = 8;
const RATE = 100;

type Kind = 'check-in' | 'DHCP';
const ms = ({ p50, p99 }: Latency): string => `${p50.toFixed(1)} and ${p99.toFixed(1)} ms`;

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '3' } } });

/** An image whose data file takes a while: random bytes behind a partclone head, packed by zstd. What comes behind the last block is read too. */
function writeLargeImage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeSmallImage(folder);
  const path = join(folder, 'd1p1.img');
  const file = openSync(path, 'a');
  const block = Buffer.alloc(1_000_000);
  for (let n = 0; n < MEGABYTES; n++) writeSync(file, randomFillSync(block));
  closeSync(file);
  execFileSync('zstd', ['-q', '-1', '--rm', '-f', path, '-o', `${path}.zst`]);
  execFileSync('mv', [`${path}.zst`, path]);
}

const network = await LabNetwork.create();
try {
  const pc = await network.addHost('pc', { address: 10 });
  const dhcp = {
    mode: 'server',
    interfaces: ['eth0'],
    subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
  };
  const site = await RunningSite.start(network, { hosts: 1_000, tasks: 20, slots: 1 }, { dhcp });
  await site.checkIn([0], '##@GO');
  await site.checkIn([1, 2, 3], 'before me');
  const large = join(network.folder, 'images', 'large');
  writeLargeImage(large);
  await site.fogd.cli('image', 'import', large);
  const isReading = async (): Promise<boolean> => {
    const text = await site.fogd.cli('image', 'generations', 'large', '--json');
    return (JSON.parse(text) as { percent: number | null }[]).some(({ percent }) => percent !== null);
  };
  const isVerified = async (): Promise<boolean> =>
    (await site.fogd.cli('image', 'generations', 'large')).includes('verified  ');
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    while (!(await what())) await sleep(100);
  };
  const checkIns = (): Promise<Latency> => {
    const url = `http://127.0.0.1${session(2)}/service/Pre_Stage1.php`;
    const pace = { namespace: site.namespace, rate: RATE, seconds: SECONDS };
    return httpLatency(url, `mac=${macOf(2)}&type=down`, pace);
  };
  const exchanges = (): Promise<Latency> =>
    dhcpLatency(network, { namespace: pc.namespace, rate: RATE, seconds: SECONDS });
  const measure = async (): Promise<Record<Kind, Latency>> => {
    const [checkIn, dhcp] = await Promise.all([checkIns(), exchanges()]);
    return { 'check-in': checkIn, DHCP: dhcp };
  };
  await until(isVerified);
  const ratios: Record<Kind, number[]> = { 'check-in': [], DHCP: [] };
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const idle = await measure();
    await site.fogd.cli('image', 'verify', 'large');
    await until(isReading);
    const from = performance.now();
    const reading = await measure();
    const stillReading = await isReading();
    await until(isVerified);
    const rate = (MEGABYTES * 1_000) / (performance.now() - from);
    for (const kind of ['check-in', 'DHCP'] as const) {
      const [before, during] = [idle[kind], reading[kind]];
      ratios[kind].push(during.p99 / before.p99);
      const ratio = (during.p99 / before.p99).toFixed(2);
      process.stdout.write(
        `${kind}: p50 and p99 idle ${ms(before)}, while an image is read back ${ms(during)}; ratio of p99 ${ratio}\n`,
      );
    }
    const end = stillReading ? 'after' : 'before';
    process.stdout.write(`read at ${rate.toFixed(0)} MB/s, to its end ${end} the load\n`);
  }
  for (const kind of ['check-in', 'DHCP'] as const) {
    const median = ratios[kind].toSorted((a, b) => a - b)[ratios[kind].length >> 1] ?? 0;
    process.stdout.write(`${kind}: median ratio of p99 ${median.toFixed(2)}\n`);
  }
  await site.fogd.kill();
} finally {
  await network.close();
}
