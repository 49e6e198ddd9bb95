import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { sendProblem } from '../api/problem.js';
import { httpErrors } from '../errors.js';

export interface MonitorOptions {
  readonly services: () => readonly ServiceStatus[];
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Whether a caller may read the metrics, which tell much about the site. */
  readonly mayReadMetrics: (request: FastifyRequest) => Promise<boolean>;
}

const TEXT = 'text/plain; charset=utf-8';

/** For what watches over fogd: does the process live, can it do its work, and how much does it do. */
export async function monitorRoutes(
  app: FastifyInstance,
  { services, metrics, mayReadMetrics }: MonitorOptions,
): Promise<void> {
  app.setErrorHandler((error, _, reply) => sendProblem(reply, error));
  app.get('/healthz', (_, reply) => reply.type(TEXT).send('ok\n'));

  // Anybody may ask: names and codes, and nothing of paths, programs and addresses.
  app.get('/readyz', (_, reply) => {
    const missing = services().filter(({ state }) => !READY.has(state));
    if (missing.length === 0) return reply.type(TEXT).send('ready\n');
    const reasons = missing.map(({ name, state, code }) => `${name}: ${code ?? state}`);
    return reply
      .code(503)
      .type(TEXT)
      .send(`${reasons.join('\n')}\n`);
  });

  app.get('/metrics', { config: { scope: 'metrics:read' } }, async (request, reply) => {
    if (!(await mayReadMetrics(request))) throw httpErrors.TOKEN_SCOPE({ scope: 'metrics:read' });
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
  });
}

const READY: ReadonlySet<ServiceStatus['state']> = new Set(['running', 'degraded', 'off']);
