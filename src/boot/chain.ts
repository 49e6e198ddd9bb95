import type { Dialect } from './request.js';

/**
 * How a script asks `boot.php` again, in both dialects. `extra` are fixed fields for this call, made of harmless characters by the caller.
 */
export function chainLines(
  dialect: Dialect,
  bootUrl: string,
  extra: Readonly<Record<string, string>> = {},
): string[] {
  return dialect === 'form' ? formLines(bootUrl, extra) : [queryLine(bootUrl, extra)];
}

const FIELDS: ReadonlyArray<readonly [string, string]> = [
  ['macboot', 'netX/mac'],
  ['mac0', 'net0/mac'],
  ['arch', 'arch'],
  ['platform', 'platform'],
  ['product', 'product'],
  ['manufacturer', 'manufacturer'],
  ['ipxever', 'version'],
  ['filename', 'filename'],
  ['sysuuid', 'uuid'],
];

/**
 * Free text of the firmware, percent-encoded by iPXE itself. Never the others: `:uristring` on a MAC takes its six raw bytes for text and
 * cuts the URL at the first NUL (seen: `macboot=RT`).
 */
const FREE_TEXT = new Set(['product', 'manufacturer', 'version', 'filename']);

function formLines(bootUrl: string, extra: Readonly<Record<string, string>>): string[] {
  return [
    ...FIELDS.map(([field, setting]) => `param ${field} \${${setting}}`),
    ...Object.entries(extra).map(([field, value]) => `param ${field} ${value}`),
    'isset ${net1/mac} && param mac1 ${net1/mac} || goto bootme',
    'isset ${net2/mac} && param mac2 ${net2/mac} || goto bootme',
    ':bootme',
    `chain -ar ${bootUrl}##params`,
  ];
}

/** An empty setting is an empty field. */
function queryLine(bootUrl: string, extra: Readonly<Record<string, string>>): string {
  const fields = [
    ...FIELDS.map(
      ([field, setting]) => `${field}=\${${setting}${FREE_TEXT.has(setting) ? ':uristring' : ''}}`,
    ),
    ...Object.entries(extra).map(([field, value]) => `${field}=${value}`),
    'mac1=${net1/mac}',
    'mac2=${net2/mac}',
  ];
  return `chain -ar ${bootUrl}?${fields.join('&')}`;
}
