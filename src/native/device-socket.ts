import { call } from './libc.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
/** Room for what a thousand machines send within a second, while the process is busy: each takes about 1 KiB here. */
const RECEIVE_BUFFER = 4 << 20;

export interface DeviceSocketOptions {
  /** Interface name, e.g. `eth0`. */
  readonly device: string;
  /** Local port, host byte order. */
  readonly port: number;
}

/**
 * Opens a UDP/IPv4 socket bound to one interface and to 0.0.0.0:port, allowed to broadcast, and returns its descriptor for
 * `dgram.Socket.bind({ fd })`, which then owns it. Node's dgram cannot ask on which interface a broadcast came in: one socket
 * per interface answers that. Throws with `code` EADDRINUSE, EPERM, ENODEV ….
 */
export function openDeviceSocket({ device, port }: DeviceSocketOptions): number {
  const fd = call(
    'int socket(int domain, int type, int protocol)',
    AF_INET,
    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    0,
  );
  try {
    const option = (name: number, value: Buffer) =>
      call(
        'int setsockopt(int fd, int level, int name, const void *value, uint32_t size)',
        fd,
        SOL_SOCKET,
        name,
        value,
        value.length,
      );
    option(SO_BINDTODEVICE, Buffer.from(`${device}\0`, 'latin1'));
    option(SO_BROADCAST, int32(1));
    enlarge(option);
    const address = Buffer.alloc(16);
    address.writeUInt16LE(AF_INET, 0);
    address.writeUInt16BE(port, 2);
    call('int bind(int fd, const void *address, uint32_t size)', fd, address, address.length);
    return fd;
  } catch (error) {
    call('int close(int fd)', fd);
    throw error;
  }
}

/** Beyond the system's limit (net.core.rmem_max) only with CAP_NET_ADMIN, which fogd does not ask for. */
function enlarge(option: (name: number, value: Buffer) => number): void {
  try {
    option(SO_RCVBUFFORCE, int32(RECEIVE_BUFFER));
  } catch {
    option(SO_RCVBUF, int32(RECEIVE_BUFFER));
  }
}

/**
 * Sends a datagram at once; false: the socket's buffer is full. Throws with `code` ENETUNREACH, ENODEV, ENETDOWN …. `fd` must be open; the
 * address is a number.
 */
export function sendNow(
  fd: number,
  bytes: Buffer,
  to: { readonly address: number; readonly port: number },
): boolean {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(to.port, 2);
  address.writeUInt32BE(to.address, 4);
  try {
    call(
      'int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t addressSize)',
      fd,
      bytes,
      bytes.length,
      0,
      address,
      address.length,
    );
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EAGAIN') return false;
    throw error;
  }
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}
