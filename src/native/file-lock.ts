import { call } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes an exclusive advisory lock on an open file, without waiting. The kernel drops it when the descriptor is closed or the
 * process ends, however it ends: no stale lock after `kill -9`. Returns false when another process holds it.
 */
export function tryLockFile(fd: number): boolean {
  try {
    call('int flock(int fd, int operation)', fd, LOCK_EX | LOCK_NB);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EWOULDBLOCK' || (error as { code?: string }).code === 'EAGAIN')
      return false;
    throw error;
  }
}
