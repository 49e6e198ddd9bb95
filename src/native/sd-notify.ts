import { call } from './libc.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;

/**
 * Tells systemd about readiness (`READY=1`), stopping, signs of life (sd_notify(3)). `socketPath` is the value of NOTIFY_SOCKET;
 * a leading `@` stands for the abstract name space. `wait`: until a systemd that is behind takes it, as the event loop must not; without,
 * it throws EAGAIN then.
 */
export function sdNotify(socketPath: string, message: string, { wait }: { wait: boolean }): void {
  const name = Buffer.from(socketPath.replace(/^@/, '\0'));
  const address = Buffer.alloc(2 + name.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  // An abstract name ends with its length, a path with its NUL (unix(7)).
  const size = name[0] === 0 ? 2 + name.length : address.length;
  const fd = call('int socket(int domain, int type, int protocol)', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    const data = Buffer.from(message);
    call(
      'int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t addressSize)',
      fd,
      data,
      data.length,
      wait ? 0 : MSG_DONTWAIT,
      address,
      size,
    );
  } finally {
    call('int close(int fd)', fd);
  }
}
