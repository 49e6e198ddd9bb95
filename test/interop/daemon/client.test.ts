import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, mustRun } from '../../lab/process.js';
import { FogClient, type Transport } from '../../unit/clients/fog-client.js';

/** FOG Clients and the running daemon, over real sockets from another host: curl carries what the model says, and openssl is the client once. */

const INFO = '/fog/management/index.php?sub=requestClientInfo';
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];

let network: LabNetwork;
let folder: string;
let fogd: FogdUnderTest;

const start = () => FogdUnderTest.start({ network, folder, settings: { nfs: { enabled: false } } });

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  folder = join(network.folder, 'client');
  mkdirSync(folder);
  fogd = await start();
  const isReady = async () =>
    expect(await fogd.services()).toContainEqual(
      expect.objectContaining({ name: 'certificates', state: 'running' }),
    );
  await vi.waitFor(isReady, { timeout: 150_000, interval: 200 });
});
afterAll(() => network.close());

const curl = async (...args: string[]) =>
  await command([
    ...['ip', 'netns', 'exec', network.host('pc').namespace],
    ...['curl', '-gsS', '--max-time', '20', '-H', 'User-Agent:', '-H', 'Accept:', ...args],
  ]);

/** As .NET calls: `Expect: 100-continue`, no User-Agent. */
function transport(scheme: 'http' | 'https'): Transport {
  let calls = 0;
  return async (method, path, body) => {
    const file = join(folder, `answer-${calls++}`);
    const data =
      body === undefined
        ? []
        : ['--data-raw', body, '-H', 'Expect: 100-continue', '--expect100-timeout', '5'];
    const url = `${scheme}://${SERVER_IPV4}/fog${path}`;
    const { stdout, stderr } = await curl('-k', '-X', method, ...data, '-o', file, '-w', '%{http_code}', url);
    if (stderr !== '') throw new Error(stderr);
    const bytes = readFileSync(file);
    return { status: Number(stdout), body: bytes.toString('utf8'), bytes };
  };
}

/** Its clock jumps over the waits that it imposes on itself. */
async function install(macs: string, scheme: 'http' | 'https' = 'http'): Promise<FogClient> {
  let now = 0;
  const client = new FogClient({
    transport: transport(scheme),
    macs: `||${macs.toUpperCase()}|00:00:00:00:00:00:00:E0`,
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  });
  await client.install();
  return client;
}

describe('FOG Clients and the daemon', () => {
  it('come by HTTP and HTTPS, are asked for a handshake after kill -9, and go on with their tokens', async () => {
    for (const [index, mac] of MACS.slice(0, 2).entries()) await fogd.cli('host', 'add', `PC-${index}`, mac);
    const clients = [await install(MACS[0] ?? ''), await install(MACS[1] ?? '', 'https')];
    for (const client of clients) {
      expect(await client.handshake(), client.log.join()).toBe(true);
      await client.cycle();
    }
    await fogd.kill();
    fogd = await start();
    const { stdout } = await curl(`http://${SERVER_IPV4}${INFO}&mac=${MACS[0]}`);
    expect(stdout).toBe('#!ihc');
    await fogd.cli('task', 'inventory', 'PC-1');
    for (const client of clients) await client.cycle();
    expect(clients.map(({ cycles, handshakes, log }) => ({ cycles, handshakes, log }))).toEqual([
      { cycles: 2, handshakes: 2, log: [] },
      { cycles: 2, handshakes: 2, log: [] },
    ]);
    expect(clients.map(({ told, job }) => [told?.taskreboot, job])).toEqual([
      [{ job: false }, undefined],
      [{ job: true }, '{"job":"ok"}'],
    ]);
  });

  it('the command line shows a client, switches a module, and lets in who was installed anew', async () => {
    const shown = await fogd.cli('client', 'show', 'PC-0');
    expect(shown).toMatch(/trust +trusted\n/);
    expect(shown).toMatch(/version +0\.11\.6 or newer\n/);
    expect(shown).toMatch(/taskreboot +on +\{"job":false\}\n/);
    await fogd.cli('client', 'module', 'PC-0', 'taskreboot', 'off');
    const anew = await install(MACS[0] ?? '');
    expect(await anew.handshake()).toBe(false);
    expect(await fogd.cli('trace', MACS[0] ?? '')).toContain('fogd client reset');
    expect(await fogd.cli('client', 'reset', 'PC-0')).toBe('reset: PC-0\n');
    expect(await anew.handshake()).toBe(true);
    await anew.cycle();
    expect(anew.told?.taskreboot).toEqual({ error: 'nh' });
  });

  it('openssl can be a client: it encrypts to the served certificate and opens the envelope', async () => {
    await fogd.cli('host', 'add', 'PC-2', MACS[2] ?? '');
    const file = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => mustRun(['openssl', ...args]);
    await curl('-o', file('leaf.pem'), `http://${SERVER_IPV4}/fog/management/other/ssl/srvpublic.crt`);
    const key = randomBytes(32);
    const encrypt = async (text: Buffer) => {
      writeFileSync(file('plain'), text);
      const to = ['-certin', '-inkey', file('leaf.pem'), '-pkeyopt', 'rsa_padding_mode:pkcs1'];
      await openssl('pkeyutl', '-encrypt', ...to, '-in', file('plain'), '-out', file('sealed'));
      return readFileSync(file('sealed')).toString('hex');
    };
    const body = `sym_key=${await encrypt(key)}&token=${await encrypt(Buffer.from('NoToken'))}&mac=${MACS[2]}`;
    const { stdout } = await curl('--data-raw', body, `http://${SERVER_IPV4}${INFO}&authorize&newService`);
    const [, iv = '', sealed = ''] = /^#!en=([0-9a-f]{32})\|([0-9a-f]+)$/.exec(stdout) ?? [];
    writeFileSync(file('envelope'), Buffer.from(sealed, 'hex'));
    const cipher = ['-d', '-aes-256-cbc', '-nopad', '-K', key.toString('hex'), '-iv', iv];
    const opened = await openssl('enc', ...cipher, '-in', file('envelope'));
    expect(opened.replaceAll('\0', '')).toMatch(/^\{"token":"[0-9a-f]{128}"\}$/);
  });

  it('a length of 4 GiB is answered at once, and the next call too', async () => {
    const raw = `printf 'POST ${INFO}&authorize HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\nContent-Length: 4294967296\\r\\n\\r\\nsym_key=00'`;
    const namespace = ['ip', 'netns', 'exec', network.host('pc').namespace];
    const { stdout } = await command([
      ...namespace,
      ...['sh', '-c', `${raw} | timeout 60 socat -t 60 - TCP:${SERVER_IPV4}:80`],
    ]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toContain('{"error":"er"}');
    expect((await curl(`http://${SERVER_IPV4}${INFO}&mac=`)).stdout).toBe('{"error":"im"}');
  });
});
