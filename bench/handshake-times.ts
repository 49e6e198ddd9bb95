/**
 * Whether the time of an answer tells what was wrong with a handshake of FOG Client. One host that is trusted; calls that fail, each for another
 * reason, in random order, one after the other. Figures: bench/README.md.
 *
 *   node dist/bench/handshake-times.js [--rounds 300]
 */
import { constants, publicEncrypt, randomBytes, randomInt, X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FogdUnderTest } from '../test/lab/fogd.js';
import { LabNetwork } from '../test/lab/network.js';
import { mustRun } from '../test/lab/process.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, inside: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const MAC = '02:00:00:00:00:01';
const AUTHORISE = '/fog/management/index.php?sub=requestClientInfo&authorize&newService';
/** What a source may at once, as one host. */
const CALLS_OF_SOURCE = 10;

if (values.inside) await measure();
else await run();

async function run(): Promise<void> {
  const network = await LabNetwork.create();
  try {
    const folder = join(network.folder, 'times');
    mkdirSync(folder);
    const fogd = await FogdUnderTest.start({ network, folder, settings: { nfs: { enabled: false } } });
    const hasKeys = async () =>
      (await fogd.services()).some(({ name, state }) => name === 'certificates' && state === 'running');
    while (!(await hasKeys())) await sleep(200);
    await fogd.cli('host', 'add', 'PC', MAC);
    const argv = [process.execPath, fileURLToPath(import.meta.url), '--inside', '--rounds', String(rounds)];
    const { namespace } = network.host('srv');
    process.stdout.write(await mustRun(argv, { namespace, timeoutMs: 600_000 }));
  } finally {
    await network.close();
  }
}

async function measure(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const pem = await call(agent, 'GET', '/fog/management/other/ssl/srvpublic.crt');
  const leaf = new X509Certificate(pem);
  const size = (leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const seal = (text: Buffer) =>
    publicEncrypt({ key: leaf.publicKey, padding: constants.RSA_PKCS1_PADDING }, text).toString('hex');
  /** Below the modulus, and by chance of one in 65,000 a good padding. */
  const junk = () => Buffer.concat([Buffer.of(0), randomBytes(size - 1)]).toString('hex');
  const form = (key: string, token: string, mac = MAC) => `sym_key=${key}&token=${token}&mac=${mac}`;
  const key = () => seal(randomBytes(32));
  const token = () => seal(randomBytes(64));
  const cases: Readonly<Record<string, () => string>> = {
    'wrong token': () => form(key(), token()),
    'wrong token, again': () => form(key(), token()),
    'wrong token of 7 bytes': () => form(key(), seal(randomBytes(7))),
    'token without padding': () => form(key(), junk()),
    'key without padding': () => form(junk(), token()),
    'key of 16 bytes': () => form(seal(randomBytes(16)), token()),
    'token of half the length': () => form(key(), token().slice(size)),
    'unknown host': () => form(key(), token(), '02:00:00:00:00:99'),
  };
  await call(agent, 'POST', AUTHORISE, form(key(), token()));
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  const answers = new Map<string, string>();
  let [calls, sources] = [0, 0];
  let source = agent;
  for (let round = 0; round < rounds; round++) {
    const left = Object.keys(cases);
    while (left.length > 0) {
      const [name = ''] = left.splice(randomInt(left.length), 1);
      const body = cases[name]?.() ?? '';
      if (calls++ % CALLS_OF_SOURCE === 0) {
        source.destroy();
        const localAddress = `127.2.${sources >> 7}.${1 + (sources++ & 127)}`;
        source = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
        await call(source, 'GET', '/fog/service/getversion.php');
      }
      const start = performance.now();
      const answer = await call(source, 'POST', AUTHORISE, body);
      times.get(name)?.push(performance.now() - start);
      answers.set(`${name}: ${answer}`, answer);
    }
  }
  const base = times.get('wrong token') ?? [];
  for (const [name, own] of times) {
    const sorted = own.toSorted((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor(part * sorted.length)] ?? 0).toFixed(2);
    // How often a call of this kind took longer than one with a wrong token: half the time where nothing is told.
    const longer = own.flatMap((one) => base.map((other) => Number(one > other) + Number(one === other) / 2));
    const share = longer.reduce((sum, one) => sum + one, 0) / longer.length;
    process.stdout.write(
      `${name}: p10 ${at(0.1)}, median ${at(0.5)}, p90 ${at(0.9)} ms; longer in ${(100 * share).toFixed(1)} %\n`,
    );
  }
  const doubt = Math.sqrt((2 * rounds + 1) / (12 * rounds * rounds));
  process.stdout.write(
    `standard error of the last: ${(100 * doubt).toFixed(1)} %\n${[...answers.keys()].join('\n')}\n`,
  );
  process.exit(0);
}

function call(agent: Agent, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body ?? ''),
    };
    const options = { host: '127.0.0.1', method, path, agent };
    const sent = request({ ...options, ...(body === undefined ? {} : { headers }) }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve(Buffer.concat(parts).toString('latin1')));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
