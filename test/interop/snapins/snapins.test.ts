import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';
import { FogClient, type Transport } from '../../unit/clients/fog-client.js';
import { type Entry, runSnapins } from '../../unit/clients/snapin-client.js';

/** Snapins over real sockets: curl uploads, resumes, breaks off; fogd is killed in the middle of an upload and of a task. */

const MAC = '02:00:00:00:00:01';
const SIZE = 8_000_000;
const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');

let network: LabNetwork;
let folder: string;
let fogd: FogdUnderTest;
let client: FogClient;
let transport: Transport;
let large: string;

const start = () => FogdUnderTest.start({ network, folder, settings: { nfs: { enabled: false } } });
const inNamespace = () => ['ip', 'netns', 'exec', network.host('pc').namespace];
const curl = (...args: string[]) => [...inNamespace(), 'curl', '-gsSk', '--max-time', '30', ...args];
const onSocket = (...args: string[]) => [
  ...['curl', '-gsS', '--max-time', '30', '--unix-socket', join(fogd.state, 'fogd.sock')],
  ...['-H', 'content-type: application/octet-stream', ...args],
];
const stored = () => readdirSync(join(fogd.state, 'snapins'));
const history = async () =>
  (
    JSON.parse(await fogd.cli('snapin', 'history', '--json')) as Array<Record<string, string | number | null>>
  ).map(({ snapin, state, exitCode }) => `${snapin}: ${state} ${exitCode}`);
const offered = async () => {
  await client.cycle();
  const [entry] = (client.told?.snapinclient?.snapins ?? []) as (Entry & { url: string })[];
  if (!entry) throw new Error(JSON.stringify(client.told));
  return { ...entry, fetch: `${entry.url}/service/snapins.file.php?mac=${MAC}&taskid=${entry.jobtaskid}` };
};
const sumOf = async (file: string) => {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').toUpperCase();
};

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  folder = join(network.folder, 'snapins');
  mkdirSync(folder);
  large = join(folder, 'large.msi');
  writeFileSync(large, randomBytes(SIZE));
  fogd = await start();
  // Made at the first start, in the background.
  const certificate = `http://${SERVER_IPV4}/fog/management/other/ssl/srvpublic.crt`;
  await vi.waitFor(() => mustRun(curl('-f', '-o', '/dev/null', certificate)), {
    timeout: 150_000,
    interval: 200,
  });
  let calls = 0;
  transport = async (method, path, body) => {
    const file = join(folder, `answer-${calls++}`);
    const data = body === undefined ? [] : ['--data-raw', body];
    const url = `http://${SERVER_IPV4}/fog${path}`;
    const code = await mustRun(curl('-X', method, ...data, '-o', file, '-w', '%{http_code}', url));
    const bytes = readFileSync(file);
    return { status: Number(code), body: bytes.toString('utf8'), bytes };
  };
  await fogd.cli('host', 'add', 'PC', MAC);
  let now = 0;
  client = new FogClient({
    transport,
    macs: MAC,
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  });
  await client.install();
  expect(await client.handshake(), client.log.join()).toBe(true);
});
afterAll(() => network.close());

describe('a snapin', () => {
  it('is added by the command line, assigned, run and reported', async () => {
    await fogd.cli('snapin', 'add', large, '--name', 'Large', '--template', 'msi', '--timeout', '60');
    expect(await fogd.cli('snapin', 'show', 'Large')).toMatch(
      /runs +msiexec\.exe \/i "large\.msi" \/quiet\n/,
    );
    await fogd.cli('snapin', 'assign', 'Large', 'PC');
    expect(await fogd.cli('task', 'snapins', 'PC')).toContain('when the FOG Client of the machine asks next');
    await client.cycle();
    const run = (_entry: Entry, bytes: Buffer) => (bytes.length === SIZE ? 0 : 1);
    const cycle = await runSnapins(client.told?.snapinclient, { transport, macs: MAC, run });
    expect(cycle.ran).toEqual(['Large']);
    expect(await history()).toEqual(['Large: Complete 0']);
    expect(await fogd.cli('task', 'list')).toBe('no active tasks\n');
    expect(await fogd.cli('trace', MAC)).toMatch(/ran the snapin Large, exit code 0/);
  });

  it.each(['http', 'https'])('is fetched in parts and resumed by curl over %s', async (scheme) => {
    await fogd.cli('task', 'snapin', 'PC', '--snapin', 'Large');
    const { fetch, hash } = await offered();
    const url = fetch.replace(/^http/, scheme);
    const file = join(folder, `part-${scheme}`);
    // A limit of the rate and a time would not do: curl may have all of it before it first waits.
    await command(['bash', '-c', '"$@" | head -c 1000000 >"$0"', file, ...curl(url)]);
    expect(readFileSync(file).length).toBe(1_000_000);
    expect(await mustRun(curl('-C', '-', '-o', file, '-w', '%{http_code}', url))).toBe('206');
    expect(await sumOf(file)).toBe(hash);
    await fogd.cli('host', 'cancel', 'PC');
    expect(await mustRun(curl('-o', '/dev/null', '-w', '%{http_code}', url))).toBe('404');
  });
});

describe('an upload', () => {
  const url = (name: string) => `http://fogd/api/v1/snapins?name=${name}&file=x.exe`;

  it('that breaks off leaves nothing', async () => {
    const before = stored();
    const slow = onSocket('--limit-rate', '1M', '--max-time', '1', '-T', large, '-X', 'POST', url('Broken'));
    expect((await command(slow)).code).toBe(28);
    await expect.poll(stored).toEqual(before);
    expect(
      (await command([process.execPath, PROGRAM, 'snapin', 'show', 'Broken', '--state', fogd.state])).code,
    ).toBe(1);
  });

  it('in which fogd is killed leaves nothing after the next start', async () => {
    const before = stored();
    const slow = onSocket('--limit-rate', '1M', '-T', large, '-X', 'POST', url('Killed'));
    const sender = new LabProcess(network.cleanup, { argv: slow, logFile: join(folder, 'sender.log') });
    await expect.poll(() => stored().length).toBe(before.length + 1);
    await fogd.kill();
    await sender.exited;
    fogd = await start();
    await expect.poll(stored).toEqual(before);
    expect(await fogd.cli('snapin', 'list')).not.toContain('Killed');
    expect(await fogd.cli('snapin', 'verify')).toMatch(/Large +ok/);
  });

  it('of a file that is too large for the disk is refused by name', async () => {
    const file = join(folder, 'huge.bin');
    writeFileSync(file, '');
    // As large as ext4 takes it; it is sparse.
    truncateSync(file, 2 ** 43);
    const before = stored();
    const { code, stderr } = await command([
      ...[process.execPath, PROGRAM, 'snapin', 'add', file, '--state', fogd.state],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('the disk of the snapins in');
    expect(stored()).toEqual(before);
  });
});

describe('a task in which fogd is killed', () => {
  it('is offered again and complete in the end: nothing that was acknowledged is lost', async () => {
    await fogd.cli('task', 'snapins', 'PC');
    const { fetch, jobtaskid } = await offered();
    const slow = curl('--limit-rate', '2M', '-o', '/dev/null', fetch);
    const download = new LabProcess(network.cleanup, { argv: slow, logFile: join(folder, 'download.log') });
    await expect.poll(async () => (await history())[0]).toBe('Large: In-Progress -1');
    await fogd.kill();
    await download.exited;
    fogd = await start();
    expect((await history())[0]).toBe('Large: In-Progress -1');
    const again = await offered();
    expect(again.jobtaskid).toBe(jobtaskid);
    const file = join(folder, 'again');
    await mustRun(curl('-o', file, again.fetch));
    expect(await sumOf(file)).toBe(again.hash);
    const report = `/service/snapins.checkin.php?taskid=${jobtaskid}&exitcode=3010&mac=${MAC}&newService&json`;
    expect((await transport('GET', report)).body).toBe('{"error":"ok"}');
    await fogd.kill();
    fogd = await start();
    expect((await history())[0]).toBe('Large: Complete 3010');
    expect(await fogd.cli('task', 'list')).toBe('no active tasks\n');
  });
});
