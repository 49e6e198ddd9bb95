import { actionErrors } from '#actions/errors.js';
import { backupErrors } from '#backup/errors.js';
import { cliErrors } from '#cli/errors.js';
import type { ErrorSpec } from '#errors.js';
import { fileErrors } from '#files/errors.js';
import { imageErrors } from '#images/errors.js';
import { pkiErrors } from '#pki/errors.js';
import { secretErrors } from '#secrets/errors.js';
import { dhcpErrors } from '#services/dhcp/errors.js';
import { downloadErrors } from '#services/download/errors.js';
import { httpErrors } from '#services/http/errors.js';
import { nfsErrors } from '#services/nfs/errors.js';
import { tftpErrors } from '#services/tftp/errors.js';
import { settingsErrors } from '#settings/errors.js';
import { storeErrors } from '#store/errors.js';

/** Every error a person can meet, room by room. A test looks for rooms that are missing here. */
export const catalogue: Readonly<Record<string, Readonly<Record<string, ErrorSpec>>>> = {
  Settings: settingsErrors.specs,
  Store: storeErrors.specs,
  Backups: backupErrors.specs,
  Files: fileErrors.specs,
  'Hosts, images, tasks': actionErrors.specs,
  'Image files': imageErrors.specs,
  Certificates: pkiErrors.specs,
  'Stored passwords': secretErrors.specs,
  DHCP: dhcpErrors.specs,
  TFTP: tftpErrors.specs,
  HTTP: httpErrors.specs,
  NFS: nfsErrors.specs,
  Downloads: downloadErrors.specs,
  'Command line': cliErrors.specs,
};

/** The reference page, `docs/reference/errors.md`. */
export function errorPage(): string {
  const lines = [
    '# Errors',
    '',
    'Generated from the `errors.ts` of each room by `npm run generate`. Words in braces are filled in.',
    '',
  ];
  for (const [room, specs] of Object.entries(catalogue)) {
    lines.push(`## ${room}`, '', '| code | what happened | what to do | HTTP |', '|---|---|---|---|');
    for (const [code, { message, remedy, status }] of Object.entries(specs)) {
      lines.push(`| \`${code}\` | ${message} | ${remedy} | ${status ?? '–'} |`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
