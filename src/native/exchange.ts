import { call } from './libc.js';

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/**
 * Exchanges two paths of one file system in one step: at no moment is one of the names missing (renameat2(2)). Throws with `code`
 * EINVAL or ENOSYS where the file system or the kernel cannot, ENOENT, EXDEV ….
 */
export function exchangePaths(one: string, other: string): void {
  call(
    'int renameat2(int oldFolder, const char *oldPath, int newFolder, const char *newPath, unsigned int flags)',
    AT_FDCWD,
    one,
    AT_FDCWD,
    other,
    RENAME_EXCHANGE,
  );
}
