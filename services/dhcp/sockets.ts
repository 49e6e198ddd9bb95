import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { errnoOf, messageOf } from '#errors.js';
import { receiveWaiting } from '#native/receive.js';
import { openDeviceSocket, sendNow } from '#native/udp-socket.js';
import { toNumber, toText } from '#settings/ipv4.js';
import { dhcpErrors } from './errors.js';
import type { Endpoint } from './verdict.js';

/** Names the process that holds a port, `dnsmasq (pid 812)`; undefined when that cannot be told. */
export type PortHolder = (port: number, protocol: 'udp') => Promise<string | undefined>;

export interface SocketEvents {
  readonly onMessage: (message: Buffer, from: Endpoint) => void;
  /** The socket is of no more use, e.g. because its interface is gone. */
  readonly onFailure: (reason: string) => void;
}

/** What the service needs of a socket. */
export interface PacketSocket {
  readonly port: number;
  /** Resolves when the kernel has taken the packet; rejects with its errno. */
  send(bytes: Buffer, to: Endpoint): Promise<void>;
  close(): Promise<void>;
}

export interface SocketRequest {
  readonly device: string;
  readonly port: number;
  /** Interfaces that are there, for the message about one that is not. */
  readonly existing: string;
  readonly portHolder: PortHolder | undefined;
  readonly events: SocketEvents;
}

/** One UDP port on one interface. Sends nothing on any other interface, whatever the routes say. */
export class DeviceSocket implements PacketSocket {
  #isClosed = false;

  private constructor(
    readonly device: string,
    readonly port: number,
    private readonly fd: number,
    private readonly socket: Socket,
  ) {}

  /** Throws DHCP_PORT_TAKEN, DHCP_NOT_PERMITTED, DHCP_UNKNOWN_INTERFACE or DHCP_SOCKET_FAILED. */
  static async open({ device, port, existing, portHolder, events }: SocketRequest): Promise<DeviceSocket> {
    let fd: number;
    try {
      fd = openDeviceSocket({ device, port });
    } catch (error) {
      throw await startError(error, device, port, existing, portHolder);
    }
    const socket = createSocket('udp4');
    socket.on('message', (message: Buffer, { address, port: from }: RemoteInfo) => {
      events.onMessage(message, { address: toNumber(address), port: from });
      try {
        receiveWaiting(fd, events.onMessage);
      } catch (error) {
        socket.emit('error', error);
      }
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ fd }, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    socket.on('error', (error) => events.onFailure(messageOf(error)));
    return new DeviceSocket(device, port, fd, socket);
  }

  async send(bytes: Buffer, to: Endpoint): Promise<void> {
    if (this.#isClosed) return;
    // Node's own way takes longer; it is for the time when the socket's buffer is full.
    if (sendNow(this.fd, bytes, to)) return;
    await new Promise<void>((resolve, reject) => {
      this.socket.send(bytes, to.port, toText(to.address), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    // The number may be another file's from here on.
    this.#isClosed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

async function startError(
  error: unknown,
  device: string,
  port: number,
  existing: string,
  portHolder: PortHolder | undefined,
) {
  const code = errnoOf(error);
  const syscall = (error as { syscall?: unknown } | null)?.syscall;
  if (code === 'ENODEV') return dhcpErrors.DHCP_UNKNOWN_INTERFACE({ interface: device, existing }, error);
  if (code === 'EADDRINUSE') {
    const holder = (await portHolder?.(port, 'udp')) ?? 'another program';
    return dhcpErrors.DHCP_PORT_TAKEN({ port, holder }, error);
  }
  if (code === 'EPERM' || code === 'EACCES') {
    // The kernel asks for CAP_NET_RAW at SO_BINDTODEVICE and for CAP_NET_BIND_SERVICE at bind.
    const capability = syscall === 'bind' ? 'CAP_NET_BIND_SERVICE' : 'CAP_NET_RAW';
    return dhcpErrors.DHCP_NOT_PERMITTED({ interface: device, port, capability }, error);
  }
  return dhcpErrors.DHCP_SOCKET_FAILED({ interface: device, port, reason: messageOf(error) }, error);
}
