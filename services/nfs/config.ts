import { isIPv4 } from 'node:net';
import type { SessionExport } from '#actions/export-door.js';
import { nfsErrors } from './errors.js';

/** What ganesha.conf is made of. */
export interface GaneshaConfig {
  /** TCP port of NFS. */
  readonly port: number;
  /** TCP port of MOUNT (version 3 clients learn it from the port mapper). */
  readonly mountPort: number;
  /** Every client acts as this user on the server. */
  readonly squash: { readonly uid: number; readonly gid: number };
  /** Folder for what version 4 clients held open; writable for the user that ganesha runs as. */
  readonly recoveryFolder: string;
  readonly exports: readonly SessionExport[];
  /** ganesha's major version; none: one of before 6. */
  readonly major?: number | undefined;
}

// Nothing that ganesha's parser gives a meaning to: no quote, brace, semicolon, hash, percent, blank or line feed.
const SAFE_PATH = /^(\/[A-Za-z0-9@+,=_.-]+)+$/;
const MAX_PATH = 1000;

/** Rejects (throws) NFS_EXPORT_UNSAFE for anything that has a meaning in a configuration file or leaves its place. */
export function safePath(what: string, path: string): string {
  const why = SAFE_PATH.test(path)
    ? path.split('/').some((part) => part === '.' || part === '..')
      ? 'it has . or .. in it'
      : path.length > MAX_PATH
        ? `it is longer than ${MAX_PATH} characters`
        : undefined
    : 'it is no absolute path of plain characters';
  if (why !== undefined) throw unsafe(what, path, why);
  return path;
}

function unsafe(what: string, value: string | number, why: string) {
  return nfsErrors.NFS_EXPORT_UNSAFE({ what, value: JSON.stringify(value).slice(0, 200), why });
}

/** Throws NFS_EXPORT_UNSAFE unless every field may stand in the configuration as it is. */
export function checkExport(entry: SessionExport): void {
  const { id, folder, pseudo, access, client } = entry;
  if (!Number.isInteger(id) || id < 1 || id > 65_535) throw unsafe('export id', id, 'it is not 1 to 65535');
  safePath('folder', folder);
  safePath('export path', pseudo);
  if (access !== 'RO' && access !== 'RW') throw unsafe('access', access, 'it is neither RO nor RW');
  // Only dotted decimal: no net, no name, no netgroup, no wildcard, all of which ganesha would take.
  if (client !== null && !isIPv4(client)) throw unsafe('client', client, 'it is no IPv4 address');
}

/**
 * One export: one machine, nobody else, unless it is for all. `Filesystem_Id` goes into the file handles, so it must stay the same over a restart of ganesha and
 * differ between exports: clients that mounted one session's root must not reach another's with an old handle.
 */
export function exportBlock(entry: SessionExport): string {
  checkExport(entry);
  return [
    'EXPORT {',
    `  Export_Id = ${entry.id};`,
    `  Path = "${entry.folder}";`,
    `  Pseudo = "${entry.pseudo}";`,
    `  Filesystem_Id = ${entry.id}.77;`,
    ...(entry.client === null
      ? [`  Access_Type = ${entry.access};`]
      : ['  Access_Type = NONE;', `  CLIENT { Clients = ${entry.client}; Access_Type = ${entry.access}; }`]),
    '  FSAL { Name = VFS; }',
    '}',
    '',
  ].join('\n');
}

/** A file with one export, for a server that runs: it need not read all the others again. */
export function exportConfig(squash: GaneshaConfig['squash'], entry: SessionExport): string {
  return [...exportDefaults(squash), exportBlock(entry)].join('\n');
}

function exportDefaults({ uid, gid }: GaneshaConfig['squash']): string[] {
  return [
    'EXPORT_DEFAULTS {',
    '  Access_Type = NONE;',
    '  SecType = sys;',
    '  Transports = TCP;',
    '  Protocols = 3, 4;',
    '  # No client can make a file that belongs to root, or give one away.',
    '  Squash = All_Squash;',
    `  Anonymous_Uid = ${whole(uid)};`,
    `  Anonymous_Gid = ${whole(gid)};`,
    '}',
  ];
}

/** The whole file. Exports in the order of their ids, so that the same exports are the same text. */
export function ganeshaConfig(config: GaneshaConfig): string {
  const exports = [...config.exports].sort((a, b) => a.id - b.id);
  return [
    '# Written by fogd for each change; what is changed here is lost.',
    'NFS_CORE_PARAM {',
    '  Protocols = 3, 4;',
    `  NFS_Port = ${whole(config.port)};`,
    `  MNT_Port = ${whole(config.mountPort)};`,
    '  # FOS mounts with nolock and never asks for quotas: two services less on the network.',
    '  Enable_NLM = false;',
    '  Enable_RQUOTA = false;',
    '  Enable_UDP = false;',
    // From version 6 on it ends where it lacks CAP_SYS_RESOURCE, for a hint to the kernel; older ones do not know the word.
    ...((config.major ?? 0) >= 6 ? ['  Allow_Set_Io_Flusher_Fail = true;'] : []),
    '  # Version 3 clients mount by the same path as version 4 clients, whatever the real folder is.',
    '  mount_path_pseudo = true;',
    '}',
    'NFSv4 {',
    '  # After a crash clients go on at once instead of waiting for a grace period.',
    '  Graceless = true;',
    '  Lease_Lifetime = 20;',
    '  Grace_Period = 20;',
    '  Minor_Versions = 0, 1, 2;',
    '  RecoveryBackend = fs;',
    `  RecoveryRoot = "${safePath('folder', config.recoveryFolder)}";`,
    '}',
    ...exportDefaults(config.squash),
    '# Folders are replaced under their names: what the server remembered of a name would be another generation.',
    'MDCACHE { Dir_Chunk = 0; }',
    'LOG {',
    '  Default_Log_Level = EVENT;',
    '  # Otherwise a line for each connection that a client closes.',
    '  COMPONENTS { TIRPC = CRIT; }',
    '}',
    '',
    ...exports.map(exportBlock),
  ].join('\n');
}

function whole(value: number): number {
  if (!Number.isInteger(value) || value < 0)
    throw new RangeError(`${value} in the NFS configuration is no number`);
  return value;
}
