import type { FastifyInstance, FastifyReply } from 'fastify';
import { pkiErrors } from '#pki/errors.js';
import { readCertificate } from '#pki/pair.js';
import type { Pki } from '#pki/pki.js';

export interface AuthorityOptions {
  readonly pki: Pick<Pki, 'pem'>;
}

/**
 * What FOG Client's installer pins and what the client encrypts to (spec client-protocol 1.3). By HTTP as by HTTPS: installers up to 0.11.13
 * know no other way. While the keys are being made, 503: the client asks again.
 */
export async function authorityRoutes(app: FastifyInstance, { pki }: AuthorityOptions): Promise<void> {
  const send = (reply: FastifyReply, type: string, body: string | Buffer | undefined) =>
    body === undefined
      ? reply
          .code(503)
          .header('retry-after', 5)
          .type('text/plain; charset=utf-8')
          .send(`${pkiErrors.PKI_NOT_READY({}).line}\n`)
      : reply.type(type).send(body);

  app.get('/ca.cert.der', (_request, reply) => {
    const pem = pki.pem('authority');
    return send(reply, 'application/pkix-cert', pem === undefined ? undefined : readCertificate(pem).raw);
  });
  app.get('/ca.cert.pem', (_request, reply) => send(reply, 'application/x-pem-file', pki.pem('authority')));
  app.get('/ssl/srvpublic.crt', (_request, reply) =>
    send(reply, 'application/x-pem-file', pki.pem('communication')),
  );
}
