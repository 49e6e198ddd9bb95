import type { FastifyInstance } from 'fastify';
import type { Clock } from '#daemon/clock.js';

/** What is no file has come whole by then, also by a modem. */
const BODY_MS = 60_000;

/**
 * Ends a request of `app` whose body does not come to its end: who sends a byte now and then would hold its connection for ever. Node.js
 * limits how long headers take, and its limit for whole requests would end uploads, which look after themselves (api/upload.ts).
 */
export function endSlowBodies(app: FastifyInstance, clock: Clock): void {
  app.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers;
    if ((length !== '0' || encoding !== undefined) && !routeOptions.config.upload)
      raw.once(
        'close',
        clock.after(BODY_MS, () => raw.destroy()),
      );
    done();
  });
}
