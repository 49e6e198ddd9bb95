import type { FastifyInstance } from 'fastify';
import { bootRoutes } from './boot/routes.js';
import { type AuthorityOptions, authorityRoutes } from './client/authority-routes.js';
import type { ClientOptions } from './client/endpoint.js';
import { installerRoutes } from './client/installers.js';
import { clientRoutes } from './client/routes.js';
import type { FosOptions } from './fos/endpoint.js';
import { fosRoutes } from './fos/routes.js';

export type MachineOptions = FosOptions & AuthorityOptions & ClientOptions;

/**
 * What machines ask for, the same by HTTP and by HTTPS. Nothing here redirects: FOS loses what it posts, iPXE may not open the other scheme,
 * and FOG Client breaks off. The one exception is its handshake, where the admin asks for that (`client.move_to_https`).
 */
export async function machineRoutes(app: FastifyInstance, options: MachineOptions): Promise<void> {
  await app.register(bootRoutes, { prefix: '/fog/service/ipxe', ...options });
  for (const prefix of ['/fog', '/fog/t/:token']) await app.register(fosRoutes, { prefix, ...options });
  await app.register(authorityRoutes, { prefix: '/fog/management/other', ...options });
  await app.register(installerRoutes, { prefix: '/fog/client', ...options });
  await app.register(clientRoutes, { prefix: '/fog', ...options });
}
