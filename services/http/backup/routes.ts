import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Packed } from '#backup/pack.js';
import { FogdError, messageOf } from '#errors.js';

/** Takes a copy of the store, and everything else that belongs into a backup. */
export type Backup = () => Promise<Packed>;

/**
 * The backup, as one file that the caller saves; on the control socket and nowhere else: it holds every key, and no token is to be worth that
 * much. Errors are problem details, as those of the API.
 */
export async function backupRoutes(
  app: FastifyInstance,
  { backup }: { readonly backup: Backup },
): Promise<void> {
  app.setErrorHandler((error, _, reply) => {
    const isOurs = error instanceof FogdError;
    const [title, detail] = isOurs ? [error.code, error.message] : ['BACKUP_FAILED', messageOf(error)];
    const status = isOurs ? error.status : 500;
    return reply
      .code(status)
      .type('application/problem+json')
      .send({ type: 'about:blank', status, title, detail, ...(isOurs && { remedy: error.remedy }) });
  });

  // HEAD would make the whole copy for its length.
  app.get('/backup', { exposeHeadRoute: false }, async (_, reply) => {
    const packed = await backup();
    const content = Readable.from(packed.content(), { objectMode: false });
    // Also when the caller breaks off.
    content.once('close', () => void packed.drop());
    return reply.type('application/x-tar').header('content-length', packed.size).send(content);
  });
}
