import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A certificate and its private key, PEM. The certificate may be followed by those of the authorities in between. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The text of a file that holds both. One file for both: a rename replaces them together. */
export function pairText({ certificate, key = '' }: Pick<Pair, 'certificate'> & Partial<Pair>): string {
  return `${certificate.trim()}\n${key.trim()}`.trimEnd().concat('\n');
}

/** Both out of such a text. Throws an Error that says what is wrong with it. */
export function parsePair(text: string): Pair {
  const blocks = [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ block, label }));
  const part = (test: RegExp) => blocks.filter(({ label }) => test.test(label)).map(({ block }) => block);
  const pair = { certificate: part(/CERTIFICATE$/).join('\n'), key: part(/PRIVATE KEY$/).join('\n') };
  checkPair(pair);
  return pair;
}

/** The same for that of an authority, whose key may be elsewhere. */
export function parseAuthority(text: string): Pick<Pair, 'certificate'> & Partial<Pair> {
  if (text.includes('PRIVATE KEY')) return parsePair(text);
  return { certificate: readCertificate(text).toString().trim() };
}

/** Throws an Error that completes "… cannot be used: …" unless the key is the certificate's. No text of a key is in it. */
export function checkPair({ certificate, key }: Pair): void {
  if (!readCertificate(certificate).checkPrivateKey(readKey(key)))
    throw new Error('key and certificate do not belong together');
}

/** The first certificate of a text; PEM, also with other text around it, or DER. */
export function readCertificate(content: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(content);
  } catch (error) {
    throw new Error('there is no certificate in it', { cause: error });
  }
}

export function readKey(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) throw new Error('the key is encrypted: fogd cannot ask for a pass phrase');
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error('there is no private key in it', { cause: error });
  }
}

/** Whether `certificate` was signed by the key of `authority` and names it as its issuer. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Milliseconds since the epoch. */
export function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}
