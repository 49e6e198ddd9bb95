import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, messageOf } from '#errors.js';
import { cliErrors } from './errors.js';

/** The keys of another FOG server, as the API takes them. */
export interface FoundPki {
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  readonly communicationKey?: string;
  readonly communicationCertificate?: string;
}

/** Where FOG has them below /opt/fog/snapins/ssl (spec data-model 9.7), then as openssl's examples call them. */
const PLACES: Readonly<Record<keyof FoundPki, readonly string[]>> = {
  authorityCertificate: ['CA/.fogCA.pem', 'ca.cert.pem'],
  authorityKey: ['CA/.fogCA.key', 'ca.key'],
  communicationKey: ['.srvprivate.key', 'srvprivate.key'],
  communicationCertificate: ['.srvpublic.crt', 'srvpublic.crt'],
};

/**
 * Reads them here and not in the daemon: keys are usually root's, and the user that runs fogd may not read them. Throws PKI_FOLDER_LACKS or
 * PKI_FOLDER_UNREADABLE.
 */
export function readPkiFolder(folder: string): FoundPki {
  const required = (what: keyof FoundPki): string => {
    const content = find(folder, PLACES[what]);
    if (content === undefined) throw cliErrors.PKI_FOLDER_LACKS({ folder, files: PLACES[what].join(' or ') });
    return content;
  };
  const communicationKey = find(folder, PLACES.communicationKey);
  const communicationCertificate = find(folder, PLACES.communicationCertificate);
  return {
    authorityCertificate: required('authorityCertificate'),
    authorityKey: required('authorityKey'),
    ...(communicationKey === undefined ? {} : { communicationKey }),
    ...(communicationCertificate === undefined ? {} : { communicationCertificate }),
  };
}

/** The private key in a file, without what else is in it. Throws PKI_FOLDER_UNREADABLE. */
export function readKeyText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    return (
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0] ?? text
    );
  } catch (error) {
    throw cliErrors.PKI_FOLDER_UNREADABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  }
}

function find(folder: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    const file = join(folder, name);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') continue;
      throw cliErrors.PKI_FOLDER_UNREADABLE({ file, reason: errno ?? messageOf(error) }, error);
    }
  }
  return undefined;
}
