import type { Route } from '#settings/ipv4.js';

/** Option 121 (RFC 3442): each route as prefix length, the significant bytes of its network, gateway. */
export function encodeRoutes(routes: readonly Route[]): Buffer {
  return Buffer.concat(
    routes.map(({ network, prefix, gateway }) => {
      const bytes = Buffer.alloc(9);
      const significant = Math.ceil(prefix / 8);
      bytes.writeUInt8(prefix, 0);
      bytes.writeUInt32BE(network, 1);
      bytes.writeUInt32BE(gateway, 1 + significant);
      return bytes.subarray(0, 5 + significant);
    }),
  );
}
