import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { messageOf } from '#errors.js';

/** The far end of a datagram. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

export const peerKey = ({ address, port }: Peer): string => `${address}:${port}`;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Why the last datagram could not be sent; undefined when it could. */
  readonly sendError: string | undefined;
  send(bytes: Buffer, peer: Peer): void;
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
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ...(family === 6 ? { ipv6Only: true } : {}),
    recvBufferSize: RECEIVE_BUFFER,
    // Peers are always numeric; the default look-up costs a turn of the event loop for each datagram.
    lookup: (name, _options, callback) => callback(null, name, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  return new UdpEndpoint(socket, address, handlers);
}

class UdpEndpoint implements Endpoint {
  readonly port: number;
  sendError: string | undefined;
  #isOpen = true;
  readonly #sent: (error: Error | null) => void;

  constructor(
    private readonly socket: Socket,
    readonly address: string,
    handlers: EndpointHandlers,
  ) {
    this.port = socket.address().port;
    this.#sent = (error) => {
      this.sendError = error ? messageOf(error) : undefined;
    };
    socket.on('message', (bytes, from) => handlers.message(this, bytes, from));
    socket.on('error', (error) => {
      this.close();
      handlers.failed(this, messageOf(error));
    });
  }

  send(bytes: Buffer, peer: Peer): void {
    if (this.#isOpen) this.socket.send(bytes, peer.port, peer.address, this.#sent);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.socket.close();
  }
}
