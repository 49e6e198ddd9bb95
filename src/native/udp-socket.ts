import { attempt, call, systemError } from './libc.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
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
  return openSocket({ address: 0, port }, (option) => {
    option(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`, 'latin1'));
    option(SOL_SOCKET, SO_BROADCAST, int32(1));
  });
}

/** Where a datagram goes to or comes from; the address is a number, IPv4. */
export interface Ipv4Endpoint {
  readonly address: number;
  readonly port: number;
}

/** Opens a UDP/IPv4 socket on a local address and port (0: any), as `openDeviceSocket`. Throws with `code` EADDRINUSE, EACCES, EADDRNOTAVAIL …. */
export function openUdpSocket(local: Ipv4Endpoint): number {
  return openSocket(local, () => undefined);
}

type SetOption = (level: number, name: number, value: Buffer) => void;

function openSocket(local: Ipv4Endpoint, prepare: (option: SetOption) => void): number {
  const fd = call(
    'int socket(int domain, int type, int protocol)',
    AF_INET,
    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    0,
  );
  try {
    const option: SetOption = (level, name, value) => setOption(fd, level, name, value);
    prepare(option);
    enlarge(option);
    const address = socketAddress(local);
    call('int bind(int fd, const void *address, uint32_t size)', fd, address, address.length);
    return fd;
  } catch (error) {
    call('int close(int fd)', fd);
    throw error;
  }
}

function setOption(fd: number, level: number, name: number, value: Buffer): void {
  call(
    'int setsockopt(int fd, int level, int name, const void *value, uint32_t size)',
    fd,
    level,
    name,
    value,
    value.length,
  );
}

/** struct sockaddr_in (ip(7)). */
function socketAddress(endpoint: Ipv4Endpoint): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  writeEndpoint(bytes, endpoint);
  return bytes;
}

function writeEndpoint(socketAddress: Buffer, { address, port }: Ipv4Endpoint): void {
  socketAddress.writeUInt16BE(port, 2);
  socketAddress.writeUInt32BE(address, 4);
}

/** Beyond the system's limit (net.core.rmem_max) only with CAP_NET_ADMIN, which fogd does not ask for. */
function enlarge(option: SetOption): void {
  try {
    option(SOL_SOCKET, SO_RCVBUFFORCE, int32(RECEIVE_BUFFER));
  } catch {
    option(SOL_SOCKET, SO_RCVBUF, int32(RECEIVE_BUFFER));
  }
}

const SENDTO =
  'int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t addressSize)';
const EAGAIN = 11;
/** Filled anew for each datagram: the kernel has read it when the call returns. */
const destination = socketAddress({ address: 0, port: 0 });

/** Sends a datagram at once; false: the socket's buffer is full. Throws with `code` ENETUNREACH, ENODEV, ENETDOWN …. `fd` must be open. */
export function sendNow(fd: number, bytes: Buffer, to: Ipv4Endpoint): boolean {
  writeEndpoint(destination, to);
  const result = attempt(SENDTO, fd, bytes, bytes.length, 0, destination, destination.length);
  if (result >= 0) return true;
  if (result === -EAGAIN) return false;
  throw systemError('sendto', -result);
}

/**
 * Sends bytes as datagrams of `size` bytes each, the last one perhaps shorter: one way through the kernel for all of them (UDP_SEGMENT, udp(7),
 * Linux 4.18). At most 64 and 65,000 bytes. As `sendNow`; throws EINVAL where a datagram would not fit the path's MTU.
 */
export function sendSegments(fd: number, bytes: Buffer, size: number, to: Ipv4Endpoint): boolean {
  setOption(fd, SOL_UDP, UDP_SEGMENT, int32(size));
  try {
    return sendNow(fd, bytes, to);
  } finally {
    // The socket also sends datagrams that are larger than this.
    setOption(fd, SOL_UDP, UDP_SEGMENT, int32(0));
  }
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}
