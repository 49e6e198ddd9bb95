/**
 * The one place where a name that came from outside becomes a path: join, realpath, still under the root, regular file. Every
 * folder that is served (boot files, snapins, images) goes through here.
 */
import { constants, realpathSync, statSync } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errnoOf } from '#errors.js';
import { fileName } from './file-name.js';

export interface Root {
  readonly folder: string;
  /** Real paths outside the folder that a symbolic link in it may lead to, e.g. Debian's /usr/lib/ipxe/ipxe.efi → /boot/ipxe.efi. */
  readonly mayLinkTo?: readonly string[];
}

export interface RootedRefusal {
  readonly ok: false;
  /** `missing`: another root may have it. `refused`: it is there, or the name is one that is never looked up. */
  readonly kind: 'missing' | 'refused';
  /** Completes the sentence "NAME …"; no path of this machine is in it. */
  readonly reason: string;
}

export interface RootedFile {
  readonly ok: true;
  /** Plain name relative to the root. */
  readonly name: string;
  /** Real, absolute. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface OpenRootedFile extends RootedFile {
  readonly handle: FileHandle;
  /** Changes whenever the content may have: device, inode, size, times in nanoseconds. */
  readonly identity: string;
}

const refused = (reason: string): RootedRefusal => ({ ok: false, kind: 'refused', reason });
const MISSING: RootedRefusal = { ok: false, kind: 'missing', reason: 'does not exist' };

/** O_NONBLOCK: opening a named pipe must not hang; O_NOFOLLOW: the path is real already, a link there is newer than the check. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Looks a name up under a root. Throws only what says nothing about the name (EIO, EMFILE …). */
export async function rootedPath(root: Root, text: string): Promise<RootedFile | RootedRefusal> {
  const plain = fileName(text);
  if (!plain.ok) return refused(plain.reason);
  try {
    const folder = await realpath(root.folder);
    const path = await realpath(join(folder, plain.name));
    return judgePath(root, folder, path) ?? judgeFile(plain.name, path, await stat(path));
  } catch (error) {
    return fromErrno(error);
  }
}

/** As `rootedPath`, for callers that must answer at once. */
export function rootedPathSync(root: Root, text: string): RootedFile | RootedRefusal {
  const plain = fileName(text);
  if (!plain.ok) return refused(plain.reason);
  try {
    const folder = realpathSync.native(root.folder);
    const path = realpathSync.native(join(folder, plain.name));
    return judgePath(root, folder, path) ?? judgeFile(plain.name, path, statSync(path));
  } catch (error) {
    return fromErrno(error);
  }
}

/** Opens a file under a root for reading; what is judged is what was opened, whatever is renamed meanwhile. */
export async function openRooted(root: Root, text: string): Promise<OpenRootedFile | RootedRefusal> {
  const found = await rootedPath(root, text);
  if (!found.ok) return found;
  let handle: FileHandle;
  try {
    handle = await open(found.path, OPEN_FLAGS);
  } catch (error) {
    return fromErrno(error);
  }
  let opened: OpenRootedFile | RootedRefusal | undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    // A folder above may have become a link since realpath: the kernel tells which path was really opened.
    const real = (await readlink(`/proc/self/fd/${handle.fd}`)).replace(/ \(deleted\)$/, '');
    const file = judgePath(root, await realpath(root.folder), real) ?? judgeFile(found.name, real, stats);
    opened = file.ok ? { ...file, handle, identity: identityOf(stats) } : file;
    return opened;
  } finally {
    if (!opened?.ok) await handle.close();
  }
}

interface Identified {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Text that changes whenever the content of a file may have. */
export function identityOf({ dev, ino, size, mtimeNs }: Identified): string {
  // ctime is left out: a rename or a link beside it changes that, and not a byte of the file.
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

function judgePath(root: Root, folder: string, path: string): RootedRefusal | undefined {
  const inside = relative(folder, path);
  if (inside === '..' || inside.startsWith('../')) {
    return root.mayLinkTo?.includes(path) ? undefined : refused('is a link out of the served folder');
  }
  return inside.split('/').some((part) => part.startsWith('.'))
    ? refused('leads to a hidden file')
    : undefined;
}

interface Judged {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly size: number | bigint;
  readonly mtimeMs: number | bigint;
}

function judgeFile(name: string, path: string, stats: Judged): RootedFile | RootedRefusal {
  if (stats.isDirectory()) return refused('is a folder');
  if (!stats.isFile()) return refused('is not a regular file');
  return { ok: true, name, path, size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) };
}

function fromErrno(error: unknown): RootedRefusal {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return MISSING;
    case 'ELOOP':
      return refused('is a link that changed or leads in a circle');
    case 'EACCES':
    case 'EPERM':
      return refused('may not be read by the user that runs fogd');
    case 'ENXIO':
    case 'ENODEV':
      return refused('is not a regular file');
    default:
      throw error;
  }
}
