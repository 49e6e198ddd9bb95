import type { FastifyInstance } from 'fastify';
import { serverUrl } from '#boot/server.js';
import { localAddress, type ServerAt, serverOf } from '../address.js';

export interface PeopleOptions {
  readonly serverAt: ServerAt;
}

/** The first page of people who open the server's address in a browser. */
export async function peopleRoutes(app: FastifyInstance, { serverAt }: PeopleOptions): Promise<void> {
  app.get('/', (request, reply) => {
    const authority = serverUrl(serverOf(request, serverAt), 'fog/management/other/ca.cert.pem');
    return reply
      .type('text/plain; charset=utf-8')
      .send(
        `This is fogd, a boot server. Machines find here what they need; people use the command fogd on it.\nIts certificate authority: ${authority}\n`,
      );
  });
}

/**
 * Sends people who came by HTTP to HTTPS, in the scope of `app` only: machines must never meet it. `isReady`: there is somebody who answers
 * there. 307 keeps method and body.
 */
export function redirectToHttps(app: FastifyInstance, serverAt: ServerAt, isReady: () => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.protocol === 'https' || !isReady()) return;
    // Our own name, never the Host that was asked for: nobody can make this lead elsewhere.
    const server = serverAt(localAddress(request), 'https');
    return reply.redirect(serverUrl(server, request.url.replace(/^\/+/, '')), 307);
  });
}
