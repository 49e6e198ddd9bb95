import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4, SERVER_IPV6 } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';

/** The daemon's HTTPS as curl and openssl on another host see it. */

const NAME = 'fog.school.example';

let network: LabNetwork;
let folder: string;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  folder = join(network.folder, 'https');
  mkdirSync(folder);
});
afterAll(() => network.close());

const curl = async (...args: string[]) =>
  await command([
    ...['ip', 'netns', 'exec', network.host('pc').namespace, 'curl', '-sS', '--max-time', '20'],
    ...['--resolve', `${NAME}:443:${SERVER_IPV4}`, '--cacert', join(folder, 'ca.pem'), ...args],
  ]);
const settings = { server: { hostname: NAME }, nfs: { enabled: false } };
const line = async (fogd: FogdUnderTest, name: string) =>
  (await fogd.services()).find((service) => service.name === name);

describe('HTTPS of the daemon', () => {
  it('killed while it makes its keys goes on at the next start; then name and addresses are trusted, and URLs keep the scheme', async () => {
    const options = { network, folder, settings, ownKeys: true } as const;
    const first = await FogdUnderTest.start(options);
    // At once: two keys of 4096 bits may be made within a second.
    await first.kill();
    expect(first.log).toMatch(/^ +https +(running|degraded) /m);
    const pki = join(first.state, 'pki');
    expect(readdirSync(pki)).not.toContain('communication.pem');
    const fogd = await FogdUnderTest.start(options);
    await expect
      .poll(() => line(fogd, 'certificates'), { timeout: 150_000 })
      .toMatchObject({ state: 'running' });
    expect(readdirSync(pki).sort()).toEqual(['ca.pem', 'communication.pem', 'tls.pem']);

    const ca = `http://${SERVER_IPV4}/fog/management/other/ca.cert.pem`;
    await curl('-o', join(folder, 'ca.pem'), ca);
    for (const host of [NAME, SERVER_IPV4, `[${SERVER_IPV6}]`]) {
      const { stdout, stderr } = await curl(`https://${host}/fog/service/getversion.php`);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^\d/);
    }
    const shown = JSON.parse(await fogd.cli('pki', 'show', '--json')) as {
      authority: { fingerprint: string };
    };
    const sum = ['openssl', 'x509', '-in', join(folder, 'ca.pem'), '-noout', '-fingerprint', '-sha256'];
    expect((await mustRun(sum)).trim().split('=')[1]).toBe(shown.authority.fingerprint);

    const body = 'mac0=00:11:22:33:44:55&arch=x86_64&platform=efi';
    const script = (scheme: string) =>
      curl('--data', body, `${scheme}://${SERVER_IPV4}/fog/service/ipxe/boot.php`);
    for (const scheme of ['http', 'https']) {
      const { stdout } = await script(scheme);
      expect(stdout).toContain(`set boot-url ${scheme}://\${fog-ip}/\${fog-webroot}`);
      expect(stdout).toMatch(new RegExp(` web=${scheme}://${NAME}/fog/t/[0-9a-f]{32}/ `));
      expect(stdout).toContain(` storage=${SERVER_IPV4}:/`);
    }
    // By TFTP and by DHCP no machine has said yet what it trusts.
    const { stdout: byTftp } = await curl(`tftp://${SERVER_IPV4}/default.ipxe`);
    expect(byTftp).toContain(`chain -ar http://${NAME}/fog/service/ipxe/boot.php`);
    const advice = await fogd.cli('dhcp', 'advise', 'dnsmasq', '--address', SERVER_IPV4);
    expect(advice).toContain(`http://${NAME}/fog/service/ipxe/`);
    expect(advice).not.toContain(`http://${SERVER_IPV4}/`);
    await fogd.stop();
  });

  it('takes the authority of a FOG server while it runs, whose clients then trust it', async () => {
    const ssl = join(folder, 'ssl');
    mkdirSync(join(ssl, 'CA'), { recursive: true });
    const openssl = (...args: string[]) => mustRun(['openssl', ...args]);
    const [ca, key] = [join(ssl, 'CA/.fogCA.pem'), join(ssl, 'CA/.fogCA.key')];
    const subject = ['-subj', '/CN=FOG Server CA', '-days', '3650', '-sha512', '-nodes'];
    await openssl('req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', key, '-out', ca);
    await openssl('genrsa', '-out', join(ssl, '.srvprivate.key'), '2048');
    const fogd = await FogdUnderTest.start({ network, folder, settings });
    await expect
      .poll(() => line(fogd, 'certificates'), { timeout: 150_000 })
      .toMatchObject({ state: 'running' });
    expect(await fogd.cli('pki', 'import', ssl)).toContain('subject  CN=FOG Server CA');
    writeFileSync(join(folder, 'ca.pem'), readFileSync(ca));
    expect((await curl(`https://${NAME}/fog/service/getversion.php`)).code).toBe(0);
    await curl('-o', join(folder, 'leaf.pem'), `https://${NAME}/fog/management/other/ssl/srvpublic.crt`);
    expect(await openssl('verify', '-CAfile', ca, join(folder, 'leaf.pem'))).toMatch(/: OK\n$/);
    rmSync(key);
    const bad = await command([
      process.execPath,
      FogdUnderTest.program,
      'pki',
      'import',
      ssl,
      '--state',
      fogd.state,
    ]);
    expect(bad).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^fogd: the folder .* has no .*\n$/),
    });
    await fogd.stop();
  });

  it('with port 443 taken is failed alone, with the holder named; HTTP serves', async () => {
    const holder = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(folder, 'socat.log'),
      argv: ['socat', 'TCP6-LISTEN:443,fork', 'EXEC:true'],
    });
    const listening = ['ip', 'netns', 'exec', network.server.namespace, 'ss', '-Hltn', 'sport = :443'];
    await expect.poll(() => mustRun(listening)).toContain(':443');
    const fogd = await FogdUnderTest.start({ network, folder, settings });
    expect(await line(fogd, 'https')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^port 443\/tcp is held by socat \(pid \d+\)$/),
      remedy: 'stop it, or set https.port to another port',
    });
    expect((await curl(`http://${SERVER_IPV4}/fog/service/getversion.php`)).code).toBe(0);
    await holder.stop();
    await expect.poll(() => line(fogd, 'https')).toMatchObject({ state: 'running' });
    await fogd.stop();
  });
});
