import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { Context } from '#actions/context.js';
import type { LiveEvents } from '#actions/live-events.js';
import type { Caller } from '#actions/manage-tokens.js';
import { messageOf } from '#errors.js';
import { httpErrors } from '../errors.js';
import { auditChanges } from './audit.js';
import { auditRoutes } from './audit-routes.js';
import { bootFileRoutes } from './boot-file-routes.js';
import { clientApiRoutes } from './client-routes.js';
import { clientSettingsRoutes } from './client-settings-routes.js';
import { type Advise, dhcpRoutes } from './dhcp-routes.js';
import { eventRoutes } from './event-routes.js';
import { groupRoutes } from './group-routes.js';
import { hostRoutes } from './host-routes.js';
import { imageRoutes } from './image-routes.js';
import { acceptJsonOnly } from './json-body.js';
import { loginRoutes } from './login-routes.js';
import { menuRoutes } from './menu-routes.js';
import { nodeRoutes } from './node-routes.js';
import { OpenApi } from './openapi.js';
import { pkiRoutes } from './pki-routes.js';
import { powerRoutes } from './power-routes.js';
import { printerRoutes } from './printer-routes.js';
import { sendProblem } from './problem.js';
import { type ApiInstance, type ApiTypes, fields } from './route-types.js';
import { sessionRoutes } from './session-routes.js';
import { snapinRoutes } from './snapin-routes.js';
import { type Status, systemRoutes, type TraceReader } from './system-routes.js';
import { taskRoutes } from './task-routes.js';
import { tokenRoutes } from './token-routes.js';
import { userRoutes } from './user-routes.js';
import { InvalidRequest, validatorCompiler } from './validation.js';

export interface ApiOptions {
  readonly context: Context;
  readonly version: string;
  readonly status: () => Promise<Status>;
  readonly advise: Advise;
  readonly trace: TraceReader;
  readonly events: LiveEvents;
}

/** A group joins ten thousand hosts with one call. */
const BODY_LIMIT = 1024 * 1024;
const NOTHING = fields({});

/**
 * The API of people, programs and the command line, for the prefix `/api`. Each route declares what it takes and answers, which scope it needs
 * and, where it changes something, its name in the audit log; validation, types and the OpenAPI document come from that. Errors are problem
 * details (RFC 9457) from the catalogue. `callerOf` says who calls, or throws: `doors.ts` has one for each place where the API is served.
 */
export async function apiRoutes(
  instance: FastifyInstance,
  options: ApiOptions & { readonly callerOf: (request: FastifyRequest) => Caller | Promise<Caller> },
): Promise<void> {
  const { context, callerOf } = options;
  const app: ApiInstance = instance.withTypeProvider<ApiTypes>();
  const openApi = new OpenApi(options.version);
  acceptJsonOnly(instance);
  app.setValidatorCompiler(validatorCompiler);
  // Answers are checked against their schemas by the tests; what a route does not name, its action does not give.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler((error, { method, routeOptions }, reply) => {
    sendProblem(reply, error);
    if (reply.statusCode === 500) tellFault(context, error, `${method} ${routeOptions.url}`);
    return reply;
  });
  app.setNotFoundHandler(({ method, url }, reply) =>
    sendProblem(reply, httpErrors.ROUTE_UNKNOWN({ method, path: url.replace(/\?.*/s, '').slice(0, 100) })),
  );
  instance.decorateRequest('caller');
  instance.addHook('onRequest', async (request) => {
    request.caller = await callerOf(request);
  });
  instance.addHook('preValidation', refuseBody);
  instance.addHook('onRoute', (route) => {
    complete(route);
    openApi.add(route);
  });
  auditChanges(instance, context);

  app.get(
    '/openapi.json',
    {
      schema: { summary: 'This description', response: { 200: Type.Unknown() } },
      config: { scope: 'any', example: {} },
    },
    () => openApi.document(),
  );
  await instance.register(
    async (inner) => {
      const v1: ApiInstance = inner.withTypeProvider<ApiTypes>();
      await systemRoutes(v1, options);
      await hostRoutes(v1, options);
      await clientApiRoutes(v1, options);
      await clientSettingsRoutes(v1, options);
      await powerRoutes(v1, options);
      await printerRoutes(v1, options);
      await loginRoutes(v1, options);
      await groupRoutes(v1, options);
      await imageRoutes(v1, options);
      await taskRoutes(v1, options);
      await sessionRoutes(v1, options);
      await menuRoutes(v1, options);
      await dhcpRoutes(v1, options);
      await bootFileRoutes(v1, options);
      await snapinRoutes(v1, options);
      await userRoutes(v1, options);
      await tokenRoutes(v1, options);
      await nodeRoutes(v1, options);
      await pkiRoutes(v1, options);
      await auditRoutes(v1, options);
      await eventRoutes(v1, { events: options.events, clock: context.clock, callerOf });
    },
    { prefix: '/v1' },
  );
}

/** Into the log and the trace: the caller is told to look there. */
function tellFault({ recorder }: Context, error: unknown, route: string): void {
  const [reasons, facts] = [[messageOf(error)], { route }];
  recorder.record({ service: 'http', event: 'request-failed', outcome: 'failed', who: {}, reasons, facts });
}

/** What a route leaves out is refused, and a route that leaves out who may call it does not start. */
function complete(route: RouteOptions): void {
  const changes = route.method !== 'GET' && route.method !== 'HEAD';
  if (route.config?.scope === undefined || changes !== (route.config.action !== undefined))
    throw new Error(`${String(route.method)} ${route.url} does not say who may call it, or what it changes`);
  route.schema = { params: NOTHING, querystring: NOTHING, ...route.schema };
  route.bodyLimit ??= BODY_LIMIT;
}

async function refuseBody({ body, routeOptions }: FastifyRequest): Promise<void> {
  const isWanted = (routeOptions.schema?.body as TSchema | undefined) !== undefined;
  if (isWanted || body === undefined || body === null) return;
  throw new InvalidRequest([{ field: 'body', expected: 'must be left out' }]);
}
