import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { errnoOf } from '#errors.js';

/**
 * Of a file that it cannot open or make SQLite tells just that (SQLITE_CANTOPEN), whether the disk has no file left or the folder may not be
 * written. Makes and removes a file beside `file`, as SQLite would for its log or journal, and gives the system's error; gives `error`
 * itself where it is another one, or where the system has nothing to say.
 */
export function whyNotOpened(error: unknown, file: string): unknown {
  if (errnoOf(error) !== 'SQLITE_CANTOPEN') return error;
  const probe = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    closeSync(openSync(probe, 'wx', 0o600));
  } catch (reason) {
    return reason;
  }
  rmSync(probe);
  return error;
}

/** Whether the user that runs fogd may not use the file or its folder: the store itself may be whole. `code` of the system or of SQLite. */
export function isDenied(code: string): boolean {
  return /EACCES|EROFS|EPERM|SQLITE_(READONLY|CANTOPEN)/.test(code);
}
