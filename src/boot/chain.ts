import type { Dialect } from './request.js';

/** A field of a request: a word that the server chose, or a setting of iPXE (what a user typed, the machine's own). */
export type FieldValue = string | { readonly setting: string };

/** Name and password that `login` has asked for. They stay in iPXE until they are cleared. */
export const CREDENTIALS: Readonly<Record<string, FieldValue>> = {
  username: { setting: 'username' },
  password: { setting: 'password' },
};

const FIELDS: Readonly<Record<string, string>> = {
  macboot: 'netX/mac',
  mac0: 'net0/mac',
  arch: 'arch',
  platform: 'platform',
  product: 'product',
  manufacturer: 'manufacturer',
  ipxever: 'version',
  filename: 'filename',
  sysuuid: 'uuid',
};

/**
 * Free text, percent-encoded by iPXE itself. Never the others: `:uristring` on a MAC takes its six raw bytes for text and cuts the URL at
 * the first NUL (seen: `macboot=RT`).
 */
const HARMLESS = new Set(['netX/mac', 'net0/mac', 'arch', 'platform', 'uuid']);

/**
 * How a script asks `boot.php` again, in both dialects, with `extra` fields; `onFailure` is a command, such as `goto MENU`. In the form
 * dialect the script must have the lines of `formEnd` somewhere, which all its forms share.
 */
export function ask(
  dialect: Dialect,
  bootUrl: string,
  extra: Readonly<Record<string, FieldValue>>,
  onFailure: string,
): string[] {
  return dialect === 'query' ? [`${queryLine(bootUrl, extra)} || ${onFailure}`] : formLines(extra);
}

/** Where the forms of a script end. Nothing in the query dialect. */
export function formEnd(dialect: Dialect, bootUrl: string, onFailure: string): string[] {
  return dialect === 'query' ? [] : [':bootme', `chain -ar ${bootUrl}##params || ${onFailure}`];
}

function formLines(extra: Readonly<Record<string, FieldValue>>): string[] {
  const value = (field: FieldValue): string => (typeof field === 'string' ? field : `\${${field.setting}}`);
  return [
    'params',
    ...Object.entries(FIELDS).map(([field, setting]) => `param ${field} \${${setting}}`),
    ...Object.entries(extra).map(([field, content]) => `param ${field} ${value(content)}`),
    'isset ${net1/mac} && param mac1 ${net1/mac} || goto bootme',
    'isset ${net2/mac} && param mac2 ${net2/mac} || goto bootme',
    'goto bootme',
  ];
}

/** An empty setting is an empty field. */
export function queryLine(bootUrl: string, extra: Readonly<Record<string, FieldValue>> = {}): string {
  const value = (setting: string): string => `\${${setting}${HARMLESS.has(setting) ? '' : ':uristring'}}`;
  const fields = [
    ...Object.entries(FIELDS).map(([field, setting]) => `${field}=${value(setting)}`),
    ...Object.entries(extra).map(
      ([field, content]) => `${field}=${typeof content === 'string' ? content : value(content.setting)}`,
    ),
    'mac1=${net1/mac}',
    'mac2=${net2/mac}',
  ];
  return `chain -ar ${bootUrl}?${fields.join('&')}`;
}
