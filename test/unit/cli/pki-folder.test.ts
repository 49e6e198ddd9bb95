import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPkiFolder } from '#cli/pki-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-ssl-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), name);
};

it('the keys of a FOG server are found where its installer puts them', () => {
  mkdirSync(join(folder, 'CA'));
  put('CA/.fogCA.pem', 'CA/.fogCA.key', '.srvprivate.key', '.srvpublic.crt', 'fog.csr');
  expect(readPkiFolder(folder)).toEqual({
    authorityCertificate: 'CA/.fogCA.pem',
    authorityKey: 'CA/.fogCA.key',
    communicationKey: '.srvprivate.key',
    communicationCertificate: '.srvpublic.crt',
  });
});

it('keys made by hand are found by their plain names, and those of the clients may be missing', () => {
  put('ca.cert.pem', 'ca.key');
  expect(readPkiFolder(folder)).toEqual({ authorityCertificate: 'ca.cert.pem', authorityKey: 'ca.key' });
});

it('a folder without an authority is named, and what is missing', () => {
  put('ca.cert.pem');
  const message = `the folder ${folder} has no CA/.fogCA.key or ca.key`;
  expect(() => readPkiFolder(folder)).toThrow(expect.objectContaining({ code: 'PKI_FOLDER_LACKS', message }));
  expect(() => readPkiFolder(join(folder, 'none'))).toThrow(
    expect.objectContaining({ code: 'PKI_FOLDER_LACKS' }),
  );
});

it('a file that cannot be read is named', () => {
  mkdirSync(join(folder, 'ca.cert.pem'));
  expect(() => readPkiFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'PKI_FOLDER_UNREADABLE',
      message: `${join(folder, 'ca.cert.pem')} cannot be read (EISDIR)`,
    }),
  );
});
