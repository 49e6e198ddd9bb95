/**
 * What a machine that waits notices while an image is read back: the time of its check-ins, with and without. Figures and goals:
 * bench/README.md.
 *
 *   node dist/bench/verify.js [--pairs 3]
 */

import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LabNetwork } from '../test/lab/network.js';
import { LabProcess } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { writeSmallImage } from '../test/unit/services/http/small-image.js';
import { macOf, RunningSite, session } from './site.js';

const MEGABYTES = 6_000;
const SECONDS = 8;
const RATE = 100;

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
  const site = await RunningSite.start(network, { hosts: 1_000, tasks: 20, slots: 1 });
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
  const measure = async (): Promise<{ p50: number; p99: number; max: number }> => {
    const url = `http://127.0.0.1${session(2)}/service/Pre_Stage1.php`;
    const run = new LabProcess(network.cleanup, {
      namespace: site.namespace,
      argv: [
        process.execPath,
        inRepository('dist', 'bench', 'latency.js'),
        ...[url, `mac=${macOf(2)}&type=down`, String(RATE), String(SECONDS)],
      ],
      logFile: join(network.folder, 'latency.log'),
    });
    await run.exited;
    const line = readFileSync(join(network.folder, 'latency.log'), 'utf8').trim().split('\n').at(-1) ?? '{}';
    const { p50, p99, max } = JSON.parse(line) as Record<string, string>;
    return { p50: Number(p50), p99: Number(p99), max: Number(max) };
  };
  await until(isVerified);
  const ratios: number[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const idle = await measure();
    await site.fogd.cli('image', 'verify', 'large');
    await until(isReading);
    const from = performance.now();
    const reading = await measure();
    const stillReading = await isReading();
    await until(isVerified);
    const took = (performance.now() - from) / 1_000;
    ratios.push(reading.p99 / idle.p99);
    process.stdout.write(
      `check-in: idle ${JSON.stringify(idle)}, while an image is read back ${JSON.stringify(reading)} ms; ratio of p99 ${(reading.p99 / idle.p99).toFixed(2)}; read to the end: ${stillReading ? 'later' : 'before'}, ${(MEGABYTES / took).toFixed(0)} MB/s\n`,
    );
  }
  const median = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? 0;
  process.stdout.write(`median ratio of p99 ${median.toFixed(2)}\n`);
  await site.fogd.kill();
} finally {
  await network.close();
}
