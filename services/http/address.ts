import type { FastifyRequest } from 'fastify';
import type { BootServer, Scheme } from '#boot/server.js';

/** The caller's address; IPv4 without the IPv6 prefix that a dual-stack socket gives it. */
export function clientAddress(request: FastifyRequest): string {
  return plainAddress(request.socket.remoteAddress);
}

/** The address of this server that the caller reached: the only one that it can surely reach again. */
export function localAddress(request: FastifyRequest): string {
  return plainAddress(request.socket.localAddress);
}

export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}

/** The server as a machine sees it that reached this local address by this scheme. */
export type ServerAt = (localAddress: string, scheme: Scheme) => BootServer;

/** The server as this caller sees it. */
export function serverOf(request: FastifyRequest, serverAt: ServerAt): BootServer {
  return serverAt(localAddress(request), request.protocol);
}
