import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { Pair } from './pair.js';

/**
 * Makes X.509 certificates (spec client-protocol 1.2, 1.5). RSA and SHA-256 throughout: FOG Client under Mono takes no EC authority, and
 * old Windows no SHA-512 in TLS.
 */

const DAY_MS = 86_400_000;
/** Ends before 2050, when certificates begin to write their dates in another form. The authority can only be replaced at every client. */
const AUTHORITY_DAYS = 7305;
/** macOS takes no TLS certificate for longer than 825 days; one that ends early says early that its renewal works. */
export const TLS_DAYS = 365;
export const OFFLINE_TLS_DAYS = 825;
/** FOG's own; clients do not look at it. */
export const COMMUNICATION_DAYS = 3650;
/** Machines whose clocks are late. */
const BACKDATED_MS = DAY_MS;

/** Exactly this: clients up to 0.11 and the installer look for the name (spec client-protocol 1.4). */
export const AUTHORITY_NAME = 'FOG Server CA';
/** RFC 5280, ub-common-name. */
const LONGEST_COMMON_NAME = 64;

// Loaded when a certificate is to be made, which most starts of fogd have not to; tsyringe in it needs the first.
async function library() {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

/** A self-signed authority; gives its certificate, PEM. */
export async function makeAuthority(key: string, now: number): Promise<string> {
  const x509 = await library();
  const name = `CN=${AUTHORITY_NAME}`;
  const publicKey = publicKeyOf(key);
  const { keyId } = await x509.SubjectKeyIdentifierExtension.create(publicKey);
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(now, AUTHORITY_DAYS),
    subject: name,
    issuer: name,
    publicKey,
    signingKey: await signingKey(key),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectKeyIdentifierExtension(keyId),
      new x509.AuthorityKeyIdentifierExtension(keyId),
    ],
  });
  return certificate.toString('pem');
}

export interface LeafOrder {
  readonly authority: Pair;
  /** The leaf's own key, PEM. */
  readonly key: string;
  /** DNS names and addresses; the first goes into the subject, too, where it is short enough. */
  readonly names: readonly string[];
  readonly days: number;
  readonly now: number;
}

/** A certificate of a server directly under the authority (an intermediate would be refused, spec client-protocol 1.4); PEM. */
export async function issueLeaf({ authority, key, names, days, now }: LeafOrder): Promise<string> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const publicKey = publicKeyOf(key);
  const subject = names.find((name) => name.length <= LONGEST_COMMON_NAME) ?? 'fogd';
  // The authority's own, however it was made: verifiers compare the two.
  const keyId = issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(now, days),
    subject: [{ CN: [subject] }],
    // As the authority spells it, byte by byte: Windows compares the bytes.
    issuer: issuer.subjectName,
    publicKey,
    signingKey: await signingKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ...(keyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(keyId)]),
    ],
  });
  return certificate.toString('pem');
}

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

function common(now: number, days: number) {
  // Positive, and not zero (RFC 5280 section 4.1.2.2).
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
}

function publicKeyOf(key: string): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** Signs in the thread pool: an RSA-4096 signature takes milliseconds. */
function signingKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
