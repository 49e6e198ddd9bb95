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

/** Of an IPv4 address in IPv6 (RFC 4291 section 2.5.5.2). */
const MAPPED = '::ffff:';

export function plainAddress(address: string | undefined): string {
  return address?.startsWith(MAPPED) ? address.slice(MAPPED.length) : (address ?? '');
}

/** The server as a machine sees it that reached this local address by this scheme. */
export type ServerAt = (localAddress: string, scheme: Scheme) => BootServer;

/** The server as this caller sees it. */
export function serverOf(request: FastifyRequest, serverAt: ServerAt): BootServer {
  return serverAt(localAddress(request), request.protocol);
}

/** RFC 9110 section 7.2: a name or an address, with a port where it is not the scheme's own. */
const HOST = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/;

/**
 * The server as this caller names it itself, for one that will come again: under another name than the one that it was installed with it may
 * find no server, or refuse the certificate (spec client-protocol 1.5). With another scheme the port is that scheme's.
 */
export function namedServer(
  request: FastifyRequest,
  serverAt: ServerAt,
  scheme: Scheme = request.protocol,
): BootServer {
  const server = serverAt(localAddress(request), scheme);
  const [, name, port = ''] = HOST.exec(request.headers.host ?? '') ?? [];
  if (name === undefined) return server;
  const [ownPort = ''] = /:\d+$/.exec(server.host) ?? [];
  return { ...server, host: `${name}${scheme === request.protocol ? port : ownPort}` };
}
