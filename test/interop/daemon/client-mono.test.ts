import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/**
 * The running daemon as .NET sees it: Mono's own HTTP, TLS, X.509 chains, RSA and AES, and Newtonsoft's JSON, called as FOG Client calls them
 * (fog-client.cs). What Node would let pass and .NET not shows here.
 */

const NEWTONSOFT = '/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll';
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const SNAPIN_BYTES = 1_000_003;

const settings = { nfs: { enabled: false }, client: { displaymanager: true } };

let network: LabNetwork;
let folder: string;
let fogd: FogdUnderTest;

const start = async () => {
  fogd = await FogdUnderTest.start({ network, folder, settings });
  const isReady = async () =>
    expect(await fogd.services()).toContainEqual(
      expect.objectContaining({ name: 'certificates', state: 'running' }),
    );
  await vi.waitFor(isReady, { timeout: 150_000, interval: 200 });
};

/** An installation, with the MAC list of a real machine: empty entries, a tunnel. */
function install(mac: string, scheme: 'http' | 'https') {
  const own = join(folder, mac.replaceAll(':', ''));
  mkdirSync(own);
  return async (step: 'install' | 'handshake' | 'cycle' | 'snapins') => {
    const macs = `||${mac.toUpperCase()}|00:00:00:00:00:00:00:E0`;
    const output = await mustRun(
      [
        // Mono keeps stores of certificates there: what this machine trusts must not count.
        ...['env', `HOME=${own}`, `XDG_CONFIG_HOME=${own}`, 'mono', join(folder, 'fog-client.exe')],
        ...[`${scheme}://${SERVER_IPV4}/fog`, own, macs, step],
      ],
      { namespace: network.host('pc').namespace },
    );
    return JSON.parse(output) as Record<string, unknown>;
  };
}

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  folder = join(network.folder, 'mono');
  mkdirSync(folder);
  const source = inRepository('test', 'interop', 'daemon', 'fog-client.cs');
  await Promise.all([
    start(),
    mustRun(['mcs', `-out:${join(folder, 'fog-client.exe')}`, `-r:${NEWTONSOFT}`, source]),
  ]);
  for (const [index, mac] of MACS.entries()) await fogd.cli('host', 'add', `PC-${index}`, mac);
});
afterAll(() => network.close());

describe('.NET and the daemon', () => {
  it.each([
    ['http', MACS[0]],
    ['https', MACS[1]],
  ] as const)('by %s: pins the authority, finds the leaf below it, and shakes hands', async (scheme, mac) => {
    const step = install(mac, scheme);
    const thumbprint = createHash('sha1');
    expect(await step('install')).toEqual({
      subject: 'CN=FOG Server CA',
      thumbprint: thumbprint
        .update(readFileSync(join(folder, mac.replaceAll(':', ''), 'ca.cert.der')))
        .digest('hex')
        .toUpperCase(),
    });
    const opened = { isFromAuthority: true, error: '', keyBits: 4096, tokenBytes: 64 };
    expect(await step('handshake')).toEqual(opened);
    // With the token of the first.
    expect(await step('handshake')).toEqual(opened);
    expect(await step('cycle')).toMatchObject({ taskreboot: { Job: false } });
  });

  it('hands each module what it wants, and the whole of a snapin', async () => {
    const mac = network.host('pc').mac;
    const file = join(folder, 'tool ü.msi');
    writeFileSync(file, randomBytes(SNAPIN_BYTES));
    for (const words of [
      ['host', 'add', 'LAB', mac],
      ['printer', 'add', 'Raw', 'local', '--file', 'c:\\raw.inf', '--model', 'Raw', '--port', 'LPT1:'],
      ['printer', 'add', '\\\\print\\hall', 'network'],
      ['printer', 'assign', 'LAB', 'Raw', '--mode', 'managed', '--default', 'Raw'],
      ['power', 'add', 'LAB', 'reboot', '30 6 * * 1-5'],
      ['client', 'change', 'LAB', '--auto-logout', '30', '--display', '1024x768x60'],
      [
        'snapin',
        'add',
        file,
        '--name',
        'Tool ü',
        '--template',
        'msi',
        '--args',
        '"a" %WINDIR% \\ü',
        '--timeout',
        '60',
      ],
      ['snapin', 'assign', 'Tool ü', 'LAB'],
      ['task', 'snapins', 'LAB'],
    ])
      await fogd.cli(...words);
    await mustRun(
      [
        process.execPath,
        FogdUnderTest.program,
        'client',
        'change',
        ...['LAB', '--join', '--domain', 'example.org', '--domain-user', 'joiner'],
        '--domain-password',
        '--state',
        fogd.state,
      ],
      { input: 'pässword "\\\n' },
    );
    await fogd.cli('client', 'secrets', 'LAB');
    const step = install(mac, 'https');
    await step('install');
    await step('handshake');
    const told = await step('cycle');
    const key = readFileSync(join(folder, mac.replaceAll(':', ''), 'session.key'));
    expect(key).toHaveLength(32);
    expect(told).toMatchObject({
      errors: { printermanager: '', snapinclient: '', hostnamechanger: '', usertracker: '' },
      versions: ['0.0.0', expect.stringMatching(/^\d+\.\d+/)],
      autologout: { Time: 1800 },
      displaymanager: { X: 1024, Y: 768, R: 60 },
      hostnamechanger: {
        ...{ Hostname: 'LAB', Key: '', Enforce: true, AD: true, ADDom: 'example.org', ADOU: '' },
        ...{ ADUser: 'example.org\\joiner', ADPass: 'pässword "\\' },
      },
      powermanagement: { OnDemand: '', Tasks: [{ CRON: '30 6 * * MON-FRI', Action: 'reboot' }] },
      printermanager: {
        Mode: 'a',
        AllPrinters: ['\\\\print\\hall', 'Raw'],
        // Without an address none must be there: an empty one would make a port.
        Printers: [{ Name: 'Raw', Type: 2, IP: null, Port: 'LPT1:', ConfigFile: '' }],
      },
      taskreboot: { Job: false },
      snapins: [
        {
          ...{ Name: 'Tool ü', FileName: 'tool ü.msi', RunWith: 'msiexec.exe', RunWithArgs: '/i' },
          ...{ Args: '"a" %WINDIR% \\ü', Action: '', TimeOut: 60, Pack: false, Hide: false },
        },
      ],
    });
    expect(await step('snapins')).toEqual({
      fetched: [
        {
          name: 'Tool ü',
          isWhole: true,
          bytes: SNAPIN_BYTES,
          origin: `https://${SERVER_IPV4}`,
          report: '{"error":"ok"}',
        },
      ],
    });
    expect((await step('cycle')).errors).toMatchObject({ snapinclient: 'ns' });

    await fogd.kill();
    await start();
    expect(await step('cycle')).toEqual({ handshakeFirst: '#!ihc' });
    expect(await step('handshake')).toMatchObject({ error: '', tokenBytes: 64 });
    expect(await step('cycle')).toMatchObject({ taskreboot: { Job: false } });
  });

  it('takes the authority of a FOG server, with its leaf and with the one that is made below it for TLS', async () => {
    const ssl = join(folder, 'ssl');
    mkdirSync(join(ssl, 'CA'), { recursive: true });
    const openssl = (...args: string[]) => mustRun(['openssl', ...args]);
    const [ca, caKey] = [join(ssl, 'CA/.fogCA.pem'), join(ssl, 'CA/.fogCA.key')];
    const [leaf, leafKey] = [join(ssl, '.srvpublic.crt'), join(ssl, '.srvprivate.key')];
    const order = join(ssl, 'order');
    const made = ['-newkey', 'rsa:2048', '-sha512', '-nodes', '-subj'];
    await openssl(
      'req',
      '-x509',
      ...made,
      '/CN=FOG Server CA',
      '-days',
      '3650',
      '-keyout',
      caKey,
      '-out',
      ca,
    );
    await openssl('req', '-new', ...made, `/CN=${SERVER_IPV4}`, '-keyout', leafKey, '-out', order);
    const by = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '3650'];
    await openssl('x509', '-req', '-in', order, ...by, '-out', leaf);
    await fogd.cli('pki', 'import', ssl);
    await fogd.cli('client', 'reset', 'LAB');
    const mac = network.host('pc').mac;
    rmSync(join(folder, mac.replaceAll(':', '')), { recursive: true });
    const step = install(mac, 'https');
    expect(await step('install')).toMatchObject({ subject: 'CN=FOG Server CA' });
    const opened = { isFromAuthority: true, error: '', keyBits: 2048, tokenBytes: 64 };
    expect(await step('handshake')).toEqual(opened);
    expect(await step('cycle')).toMatchObject({ hostnamechanger: { Hostname: 'LAB' } });
  });
});
