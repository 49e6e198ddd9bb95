import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '#daemon/log.js';
import { makeAuthority } from '#pki/certificate.js';
import { CertificateFiles } from '#pki/certificate-files.js';
import type { Pair } from '#pki/pair.js';
import type { CertificateSource } from '#pki/source.js';
import { checkTlsPair } from '#services/http/tls.js';
import { testKey } from './keys.js';
import { LookingClock } from './looking-clock.js';

const OWN: Pair = { certificate: 'own', key: 'own' };
const LOOK = 5_000;

let folder: string;
let clock: LookingClock;
let used: Pair[];
let warnings: number;
let files: CertificateFiles;
let leave: () => void = () => undefined;

const own: CertificateSource = {
  follow: (use) => {
    use(OWN);
    return () => undefined;
  },
  certificateHealth: () => ({ state: 'ok', detail: 'own certificate' }),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-tls-'));
  clock = new LookingClock();
  used = [];
  warnings = 0;
  files = new CertificateFiles({
    certificate: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    check: checkTlsPair,
    otherwise: own,
    clock,
    log: { info: () => undefined, warn: () => warnings++ } as unknown as Logger,
  });
});
afterEach(() => {
  leave();
  rmSync(folder, { recursive: true });
});

const put = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(folder, `${name}.tmp`), text, { mode });
  renameSync(join(folder, `${name}.tmp`), join(folder, name));
};
async function pair(name: string, now = clock.now()): Promise<Pair> {
  const key = await testKey(name);
  return { key, certificate: await makeAuthority(key, now) };
}
const putPair = ({ certificate, key }: Pair) => {
  put('cert.pem', certificate);
  put('key.pem', key);
};
const follow = async (uses = 1) => {
  leave = files.follow((one) => used.push(one));
  await vi.waitFor(() => expect(used).toHaveLength(uses), { interval: 2, timeout: 60_000 });
};
const look = () => clock.look(LOOK);

describe('the certificate of the admin', () => {
  it('is used from the first connection on', async () => {
    const first = await pair('one');
    putPair(first);
    await follow();
    expect(used).toEqual([first]);
    expect(files.certificateHealth()).toEqual({
      state: 'ok',
      detail: `certificate of ${join(folder, 'cert.pem')} until 2046-01-01`,
    });
  });

  it('is read again when it changes, also behind a link as certbot has it', async () => {
    putPair(await pair('one'));
    await follow();
    const second = await pair('two');
    writeFileSync(join(folder, 'cert2.pem'), second.certificate);
    writeFileSync(join(folder, 'key2.pem'), second.key, { mode: 0o640 });
    for (const name of ['cert', 'key']) {
      rmSync(join(folder, `${name}.pem`));
      symlinkSync(`${name}2.pem`, join(folder, `${name}.pem`));
    }
    await look();
    expect(used.at(-1)).toEqual(second);
    await look();
    expect(used).toHaveLength(2);
  });

  it('that is replaced one file after the other is no fault', async () => {
    putPair(await pair('one'));
    await follow();
    const second = await pair('two');
    put('cert.pem', second.certificate);
    await look();
    expect([warnings, files.certificateHealth().state]).toEqual([0, 'ok']);
    put('key.pem', second.key);
    await look();
    expect(used.at(-1)).toEqual(second);
    expect(warnings).toBe(0);
  });

  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['rubbish', () => put('cert.pem', 'rubbish'), /there is no certificate in it/],
    ['of another key', async () => put('key.pem', await testKey('two')), /do not belong together/],
    ['gone', () => rmSync(join(folder, 'key.pem')), /ENOENT/],
    ['encrypted', () => put('key.pem', '-----BEGIN ENCRYPTED PRIVATE KEY-----'), /encrypted/],
    [
      'readable for all',
      () => chmodSync(join(folder, 'key.pem'), 0o644),
      /can be read by others.*chmod o-rwx/,
    ],
  ])(
    'that becomes %s is named once, and the one before goes on until it is mended',
    async (_, spoil, reason) => {
      const first = await pair('one');
      putPair(first);
      await follow();
      await spoil();
      for (let round = 0; round < 4; round++) await look();
      expect(files.certificateHealth()).toMatchObject({
        state: 'degraded',
        detail: expect.stringMatching(reason),
      });
      expect(files.certificateHealth().detail).toMatch(/goes on$/);
      expect([warnings, used.length]).toEqual([1, 1]);
      putPair(first);
      await look();
      expect(files.certificateHealth().state).toBe('ok');
    },
  );

  it('that cannot be used at the start leaves HTTPS to the own one, and takes over when it is there', async () => {
    await follow();
    expect(used).toEqual([OWN]);
    expect(files.certificateHealth()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/cannot be used for HTTPS \(ENOENT.*; own certificate$/),
    });
    const first = await pair('one');
    putPair(first);
    await look();
    expect(used).toEqual([OWN, first]);
  });

  it('whose time is over is used, and said', async () => {
    putPair(await pair('one', clock.now() - 30 * 365 * 86_400_000));
    await follow();
    expect(files.certificateHealth()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('over'),
    });
  });
});
