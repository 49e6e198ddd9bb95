import type { KeyObject, X509Certificate } from 'node:crypto';
import { messageOf } from '#errors.js';
import { AUTHORITY_NAME } from './certificate.js';
import { pkiErrors } from './errors.js';
import { checkPair, endOf, isIssuedBy, type Pair, readCertificate, readKey } from './pair.js';

/** What another FOG server has; all PEM. */
export interface ForeignPki {
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  /** `.srvprivate.key`: the key to which clients encrypt. They fetch its certificate at each handshake, so another will do, too. */
  readonly communicationKey?: string;
  readonly communicationCertificate?: string;
}

export interface CheckedPki {
  readonly authority: Pair;
  readonly communicationKey?: string;
  /** Only one that fits its key and its authority. */
  readonly communicationCertificate?: string;
  /** What works, but not with every client; one sentence each. */
  readonly warnings: readonly string[];
}

/** The token, 64 bytes, must fit into one block of PKCS #1 v1.5 (spec client-protocol 1.2). */
const LEAST_BITS = 1024;

/** Throws PKI_IMPORT_BAD, with the part that is wrong. */
export function checkForeignPki(foreign: ForeignPki, now: number): CheckedPki {
  const part = <T>(name: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw pkiErrors.PKI_IMPORT_BAD({ reason: `${name}: ${messageOf(error)}` }, error);
    }
  };
  const certificate = part('the certificate of the authority', () => {
    const read = readCertificate(foreign.authorityCertificate);
    if (!read.ca || !isIssuedBy(read, read)) throw new Error('it is not that of a self-signed authority');
    return read;
  });
  const authority = { certificate: pemOf(certificate), key: foreign.authorityKey };
  part('the key of the authority', () => {
    rsaKey(authority.key);
    checkPair(authority);
  });
  const { communicationKey } = foreign;
  if (communicationKey !== undefined) part('the key of the clients', () => rsaKey(communicationKey));
  const leaf =
    communicationKey === undefined || foreign.communicationCertificate === undefined
      ? undefined
      : part('the certificate of the clients', () => {
          const read = readCertificate(foreign.communicationCertificate ?? '');
          if (!isIssuedBy(read, certificate)) throw new Error('this authority did not issue it');
          checkPair({ certificate: pemOf(read), key: communicationKey });
          return pemOf(read);
        });
  const warnings: string[] = [];
  if (certificate.subject !== `CN=${AUTHORITY_NAME}`)
    warnings.push(
      `its name is not ${AUTHORITY_NAME}: FOG Clients before 0.12 and the installer with HTTPS do not find it`,
    );
  if (endOf(certificate) < now)
    warnings.push('its time is over: FOG Clients accept that, browsers and other programs do not');
  return {
    authority,
    warnings,
    ...(communicationKey === undefined ? {} : { communicationKey }),
    ...(leaf === undefined ? {} : { communicationCertificate: leaf }),
  };
}

function rsaKey(pem: string): KeyObject {
  const key = readKey(pem);
  if (key.asymmetricKeyType !== 'rsa') throw new Error('it is no RSA key, and clients take no other');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < LEAST_BITS) throw new Error(`it has ${bits} bits; clients need ${LEAST_BITS}`);
  return key;
}

/** FOG's files have a text dump before it. */
function pemOf(certificate: X509Certificate): string {
  return certificate.toString();
}
