import { call } from './libc.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;

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

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}
