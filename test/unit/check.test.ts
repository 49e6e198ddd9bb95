import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { problemsHere } from '#check.js';
import { makeAuthority } from '#pki/certificate.js';
import { parseSettings } from '#settings/load.js';
import { testKey } from './pki/keys.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a certificate and key that this machine cannot use are named before fogd is started with them', async () => {
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { settings } = parseSettings(`[https]\ncertificate = "${certificate}"\nkey = "${key}"\n`);
  const problems = async () => (settings ? await problemsHere(settings) : undefined);
  expect(await problems()).toMatchObject([
    { path: 'https.certificate', what: expect.stringMatching(/ENOENT/) },
  ]);
  writeFileSync(key, await testKey('tls'), { mode: 0o600 });
  writeFileSync(certificate, await makeAuthority(await testKey('tls'), Date.now()));
  expect(await problems()).toEqual([]);
  chmodSync(key, 0o604);
  expect(await problems()).toMatchObject([
    { what: expect.stringContaining('can be read by others'), mend: expect.stringContaining('chmod o-rwx') },
  ]);
});
