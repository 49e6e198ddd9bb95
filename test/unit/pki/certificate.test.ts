import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueLeaf, makeAuthority, TLS_DAYS } from '#pki/certificate.js';
import type { Pair } from '#pki/pair.js';
import { testKey } from './keys.js';

const NOW = Date.now();
const NAMES = ['fog.school.example', '10.0.0.1', 'fogserver', 'fd00::2'];

let folder: string;
let authority: Pair;
let leaf: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-pki-'));
  const key = await testKey('authority');
  authority = { key, certificate: await makeAuthority(key, NOW) };
  leaf = await issueLeaf({ authority, key: await testKey('tls'), names: NAMES, days: TLS_DAYS, now: NOW });
  writeFileSync(join(folder, 'ca.pem'), authority.certificate);
  writeFileSync(join(folder, 'leaf.pem'), leaf);
});
afterAll(() => rmSync(folder, { recursive: true }));

const openssl = (...args: string[]) => {
  try {
    return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { stderr: string }).stderr);
  }
};

describe('a certificate', () => {
  it.each([
    ['the name', ['-verify_hostname', 'fog.school.example']],
    ['another name', ['-verify_hostname', 'fogserver']],
    ['the address', ['-verify_ip', '10.0.0.1']],
    ['the IPv6 address', ['-verify_ip', 'fd00::2']],
    ['the purpose', ['-purpose', 'sslserver', '-x509_strict']],
  ])('is accepted by openssl for %s', (_, args) => {
    expect(openssl('verify', ...args, '-CAfile', 'ca.pem', 'leaf.pem')).toBe('leaf.pem: OK\n');
  });

  it('is refused by openssl for a name that the server has not', () => {
    expect(openssl('verify', '-verify_hostname', 'other', '-CAfile', 'ca.pem', 'leaf.pem')).toMatch(
      /mismatch/,
    );
  });

  it('of the authority is as FOG Client wants it: the one name, RSA, v3, a critical constraint, both key identifiers', () => {
    const text = openssl('x509', '-in', 'ca.pem', '-noout', '-text');
    expect(text).toMatch(/Version: 3/);
    expect(openssl('x509', '-in', 'ca.pem', '-noout', '-subject', '-issuer')).toBe(
      'subject=CN = FOG Server CA\nissuer=CN = FOG Server CA\n',
    );
    expect(text).toMatch(/Public Key Algorithm: rsaEncryption/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    const keyId = /Subject Key Identifier: \s+(\S+)/.exec(text)?.[1];
    expect(keyId).toMatch(/^[0-9A-F:]{59}$/);
    expect(/Authority Key Identifier: \s+(\S+)/.exec(text)?.[1]).toBe(keyId);
    const years =
      (Date.parse(new X509Certificate(authority.certificate).validTo) - NOW) / (365.25 * 86_400_000);
    expect(years).toBeCloseTo(20, 3);
    // Later ones write their dates in another form.
    expect(new X509Certificate(authority.certificate).validTo).toMatch(/20[0-4]\d GMT$/);
  });

  it('of the server has the chief name as its subject, and every name beside', () => {
    const certificate = new X509Certificate(leaf);
    expect(certificate.subject).toBe('CN=fog.school.example');
    expect(certificate.subjectAltName).toBe(
      'DNS:fog.school.example, IP Address:10.0.0.1, DNS:fogserver, IP Address:FD00:0:0:0:0:0:0:2',
    );
    expect(certificate.ca).toBe(false);
  });

  it('takes the next name where the first is too long for a subject', async () => {
    const long = `${'a'.repeat(63)}.school.example`;
    const order = { authority, key: await testKey('tls'), days: 1, now: NOW };
    const certificate = new X509Certificate(await issueLeaf({ ...order, names: [long, '10.0.0.1'] }));
    expect(certificate.subject).toBe('CN=10.0.0.1');
    expect(certificate.checkHost(long)).toBe(long);
  });

  it('names its issuer in the bytes in which an authority made elsewhere writes itself, with its key identifier', async () => {
    // openssl writes UTF8String; as a PrintableString the same name would be another one to Windows.
    openssl('genrsa', '-out', 'foreign.key', '2048');
    const ca = ['-key', 'foreign.key', '-subj', '/CN=FOG Server CA', '-out', 'foreign.pem'];
    openssl('req', '-x509', '-new', '-sha512', '-nodes', '-days', '3650', ...ca);
    const read = (name: string) => openssl('x509', '-in', name, '-text');
    const pem = (name: string) => /-----BEGIN CERT[\s\S]*/.exec(read(name))?.[0] ?? '';
    const foreign = { certificate: pem('foreign.pem'), key: openssl('rsa', '-in', 'foreign.key') };
    const order = { authority: foreign, key: await testKey('tls'), days: 1, now: NOW };
    writeFileSync(join(folder, 'under.pem'), await issueLeaf({ ...order, names: ['x'] }));
    expect(openssl('verify', '-CAfile', 'foreign.pem', 'under.pem')).toBe('under.pem: OK\n');
    const name = (file: string, which: string) =>
      openssl('x509', '-in', file, '-noout', `-${which}`, '-nameopt', 'show_type');
    expect(name('under.pem', 'issuer').replace('issuer', '')).toBe(
      name('foreign.pem', 'subject').replace('subject', ''),
    );
  });

  it('has a positive serial number of its own', async () => {
    const order = { authority, key: await testKey('tls'), names: ['x'], days: 1, now: NOW };
    const [one, two] = await Promise.all([issueLeaf(order), issueLeaf(order)]);
    const serials = [one, two].map((pem) => new X509Certificate(pem).serialNumber);
    expect(new Set(serials).size).toBe(2);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('holds the key that it was made for', async () => {
    const spki = createPublicKey(await testKey('tls')).export({ type: 'spki', format: 'der' });
    const held = new X509Certificate(leaf).publicKey.export({ type: 'spki', format: 'der' });
    const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(sum(held as Buffer)).toBe(sum(spki as Buffer));
  });
});
