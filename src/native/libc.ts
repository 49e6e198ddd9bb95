import koffi, { type LibraryHandle } from 'koffi';

/**
 * The one door to system calls that Node lacks (docs/adr/0003). Only Linux with glibc or musl; the symbols are looked up
 * when first used, so that a command that needs none of them never loads the library.
 */
type Signature =
  | 'int socket(int domain, int type, int protocol)'
  | 'int setsockopt(int fd, int level, int name, const void *value, uint32_t size)'
  | 'int bind(int fd, const void *address, uint32_t size)'
  | 'int close(int fd)'
  | 'unsigned int if_nametoindex(const char *name)'
  | 'int flock(int fd, int operation)'
  | 'int renameat2(int oldFolder, const char *oldPath, int newFolder, const char *newPath, unsigned int flags)'
  | 'int getrlimit(int resource, void *limits)'
  | 'int sched_setscheduler(int thread, int policy, const void *priority)'
  | 'int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)'
  | 'int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t addressSize)';

const functions = new Map<Signature, ReturnType<LibraryHandle['func']>>();
let library: LibraryHandle | undefined;

/** Calls a libc function; a result of -1 is thrown as an error with `errno` (number) and `code` (`EPERM` …). */
export function call(signature: Signature, ...args: unknown[]): number {
  const result = attempt(signature, ...args);
  if (result >= 0) return result;
  throw systemError(signature.replace(/^\S+ (\w+).*$/, '$1'), -result);
}

/** As `call`, but a result of -1 is returned as the negative errno: for what is no error and happens at each datagram. */
export function attempt(signature: Signature, ...args: unknown[]): number {
  library ??= koffi.load('libc.so.6');
  let found = functions.get(signature);
  if (!found) {
    found = library.func(signature);
    functions.set(signature, found);
  }
  const result = Number(found(...args));
  return result === -1 ? -koffi.errno() : result;
}

/** An error with `errno`, `code` (`EPERM` …) and `syscall`, as Node makes them. */
export function systemError(syscall: string, errno: number): Error {
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${syscall}: ${code}`), { errno, code, syscall });
}

/** Where a buffer lies, for structures that point to others. Good as long as the buffer is referenced. */
export function addressOf(buffer: Buffer): bigint {
  return BigInt(koffi.address(buffer));
}
