import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { errnoOf, messageOf } from '#errors.js';
import { receiveWaiting } from '#native/receive.js';
import { openUdpSocket, sendNow, sendSegments } from '#native/udp-socket.js';
import { toNumber, toText } from '#settings/ipv4.js';

/** The far end of a datagram. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** What a peer is found by; a number where it can be, which costs a Map less than text. */
export const peerKey = ({ address, port }: Peer): number | string =>
  address.includes(':') ? `${address}:${port}` : toNumber(address) * 65_536 + port;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Why the last datagram could not be sent; undefined when it could. */
  readonly sendError: string | undefined;
  /** The caller may use `bytes` again when it returns, here and below. */
  send(bytes: Buffer, peer: Peer): void;
  /** Datagrams of `size` bytes each, the last one perhaps shorter, that lie one behind the other. */
  sendAll(bytes: Buffer, size: number, peer: Peer): void;
  close(): void;
}

export interface EndpointHandlers {
  message(endpoint: Endpoint, bytes: Buffer, peer: Peer): void;
  /** The socket is of no use any more and was closed. */
  failed(endpoint: Endpoint, reason: string): void;
}

/** A storm of requests arrives faster than one turn of the event loop takes it in; the kernel cuts this to its own limit. */
const RECEIVE_BUFFER = 1024 * 1024;

/** Opens an unconnected UDP socket on a local address and port (0: any). Rejects with the system's error (EADDRINUSE, EACCES …). */
export async function openEndpoint(
  address: string,
  port: number,
  handlers: EndpointHandlers,
): Promise<Endpoint> {
  const family = isIPv6(address) ? 6 : 4;
  // Our own descriptor where we can send through it what Node cannot.
  const fd = family === 4 ? openUdpSocket({ address: toNumber(address), port }) : undefined;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ...(family === 6 ? { ipv6Only: true, recvBufferSize: RECEIVE_BUFFER } : {}),
    // Peers are always numeric; the default look-up costs a turn of the event loop for each datagram.
    lookup: (name, _options, callback) => callback(null, name, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(fd === undefined ? { address, port, exclusive: true } : { fd }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  return new UdpEndpoint(socket, fd, address, handlers);
}

/** What the kernel takes at once (UDP_MAX_SEGMENTS, and the length of a datagram). */
const MOST_SEGMENTS = 64;
const MOST_BYTES = 65_000;

class UdpEndpoint implements Endpoint {
  readonly port: number;
  sendError: string | undefined;
  #isOpen = true;
  /** Packets of this length, and longer ones, cannot go at once: they do not fit a frame, or the kernel knows nothing of it. */
  #tooLong = Number.POSITIVE_INFINITY;
  readonly #sent: (error: Error | null) => void;

  constructor(
    private readonly socket: Socket,
    private readonly fd: number | undefined,
    readonly address: string,
    handlers: EndpointHandlers,
  ) {
    this.port = socket.address().port;
    this.#sent = (error) => {
      this.sendError = error ? messageOf(error) : undefined;
    };
    socket.on('message', (bytes, from) => {
      handlers.message(this, bytes, from);
      if (this.#isOpen && fd !== undefined) this.#receiveWaiting(fd, handlers);
    });
    socket.on('error', (error) => {
      this.close();
      handlers.failed(this, messageOf(error));
    });
  }

  send(bytes: Buffer, peer: Peer): void {
    if (!this.#isOpen || this.#sendNow(bytes, peer)) return;
    this.socket.send(Buffer.from(bytes), peer.port, peer.address, this.#sent);
  }

  /** False where Node is to do it: IPv6, or the socket's buffer is full. */
  #sendNow(bytes: Buffer, peer: Peer): boolean {
    if (this.fd === undefined) return false;
    try {
      if (!sendNow(this.fd, bytes, { address: toNumber(peer.address), port: peer.port })) return false;
      this.sendError = undefined;
    } catch (error) {
      this.sendError = messageOf(error);
    }
    return true;
  }

  #receiveWaiting(fd: number, handlers: EndpointHandlers): void {
    try {
      receiveWaiting(fd, (bytes, { address, port }) =>
        handlers.message(this, bytes, { address: toText(address), port }),
      );
    } catch (error) {
      this.socket.emit('error', error);
    }
  }

  sendAll(bytes: Buffer, size: number, peer: Peer): void {
    const atOnce = size * Math.max(1, Math.min(MOST_SEGMENTS, Math.floor(MOST_BYTES / size)));
    for (let from = 0; from < bytes.length; from += atOnce) {
      const some = bytes.subarray(from, from + atOnce);
      if (!this.#sendSegments(some, size, peer))
        for (let at = 0; at < some.length; at += size) this.send(some.subarray(at, at + size), peer);
    }
  }

  /** False where they must go one by one. */
  #sendSegments(bytes: Buffer, size: number, peer: Peer): boolean {
    if (bytes.length <= size || this.fd === undefined || !this.#isOpen || size >= this.#tooLong) return false;
    const to = { address: toNumber(peer.address), port: peer.port };
    try {
      return sendSegments(this.fd, bytes, size, to);
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') this.#tooLong = Math.min(this.#tooLong, size);
      if (errnoOf(error) === 'ENOPROTOOPT') this.#tooLong = 0;
      // What else is wrong shows itself one by one.
      return false;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.socket.close();
  }
}
