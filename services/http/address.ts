import type { FastifyRequest } from 'fastify';

/** The caller's address; IPv4 without the IPv6 prefix that a dual-stack socket gives it. */
export function clientAddress(request: FastifyRequest): string {
  return plain(request.socket.remoteAddress);
}

/** The address of this server that the caller reached: the only one that it can surely reach again. */
export function localAddress(request: FastifyRequest): string {
  return plain(request.socket.localAddress);
}

function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}
