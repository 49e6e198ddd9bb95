import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { clientAddress } from '../address.js';

export interface MonitorOptions {
  readonly services: () => readonly ServiceStatus[];
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Whether a caller may read the metrics, which tell much about the site. */
  readonly mayReadMetrics: (request: FastifyRequest) => boolean;
}

const TEXT = 'text/plain; charset=utf-8';

/** For what watches over fogd: does the process live, can it do its work, and how much does it do. */
export async function monitorRoutes(
  app: FastifyInstance,
  { services, metrics, mayReadMetrics }: MonitorOptions,
): Promise<void> {
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

  app.get('/metrics', async (request, reply) => {
    if (!mayReadMetrics(request))
      return reply.code(403).type(TEXT).send('metrics are told to callers on this machine only\n');
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
  });
}

const READY: ReadonlySet<ServiceStatus['state']> = new Set(['running', 'degraded', 'off']);

/** Callers on this machine. The one place that decides: on the control socket there is no address, and its caller is the owner. */
export function isLocal(request: FastifyRequest): boolean {
  const address = clientAddress(request);
  return address === '' || address === '::1' || address.startsWith('127.');
}
