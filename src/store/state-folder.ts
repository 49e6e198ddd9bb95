import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { fileErrors } from '#files/errors.js';
import { tryLockFile } from '#native/file-lock.js';
import { storeErrors } from './errors.js';

/**
 * The folder that holds everything fogd knows. Opening it takes a lock for the life of the process, so that a second daemon on the
 * same folder is refused instead of sharing (and spoiling) its sockets and generated files.
 */
export class StateFolder {
  private constructor(
    readonly path: string,
    private readonly lock: number,
  ) {}

  /** Throws STORE_LOCKED, STORE_READ_ONLY or DISK_FULL. */
  static open(path: string): StateFolder {
    let fd: number;
    try {
      makeFolder(path);
      chmodSync(path, 0o700);
      fd = openSync(join(path, 'lock'), 'a+', 0o600);
      // Root, who repairs something, must not lock out the user that runs fogd.
      const { uid, gid } = statSync(path);
      if (process.getuid?.() === 0) fchownSync(fd, uid, gid);
    } catch (error) {
      if (isDiskFull(error)) throw fileErrors.DISK_FULL({ folder: path }, error);
      throw storeErrors.STORE_READ_ONLY({ folder: path, reason: errnoOf(error) ?? messageOf(error) }, error);
    }
    if (!tryLockFile(fd)) {
      const pid = readFileSync(join(path, 'lock'), 'utf8').trim() || 'unknown';
      closeSync(fd);
      throw storeErrors.STORE_LOCKED({ folder: path, pid });
    }
    try {
      ftruncateSync(fd);
      writeSync(fd, `${process.pid}\n`);
    } catch (error) {
      closeSync(fd);
      if (isDiskFull(error)) throw fileErrors.DISK_FULL({ folder: path }, error);
      throw error;
    }
    return new StateFolder(path, fd);
  }

  /** A path inside the folder. */
  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  close(): void {
    closeSync(this.lock);
  }
}

/** Not Node's `recursive`: it never returns where a parent exists but takes no folders, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}
