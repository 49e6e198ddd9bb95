import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import { type Caller, callerOfToken, OWNER } from '#actions/manage-tokens.js';
import { allows } from '#domain/token.js';
import { clientAddress } from '../address.js';
import { httpErrors } from '../errors.js';
import { type ApiOptions, apiRoutes } from './routes.js';

/** The API on the control socket: who can open that is the owner of the state folder. */
export async function apiOnSocket(instance: FastifyInstance, options: ApiOptions): Promise<void> {
  await instance.register(apiRoutes, { ...options, prefix: '', callerOf: () => OWNER });
}

/**
 * The API on a port, of HTTP and of HTTPS: with a token only, which must allow what the route needs. Over plain HTTP only this machine itself is
 * answered, unless `api.allow_http` says that nobody can listen.
 */
export async function apiOnNetwork(instance: FastifyInstance, options: ApiOptions): Promise<void> {
  const { context } = options;
  const callerOf = async (request: FastifyRequest): Promise<Caller> => {
    const caller = await callerOnNetwork(context, request);
    const { scope } = request.routeOptions.config;
    if (scope !== undefined && scope !== 'any' && !allows(caller.scopes, scope))
      throw httpErrors.TOKEN_SCOPE({ scope });
    return caller;
  };
  await instance.register(apiRoutes, { ...options, prefix: '', callerOf });
}

/** Who may read the metrics, which tell much about the site: this machine itself, the control socket, and tokens that allow it. */
export function metricsDoor(context: Context): (request: FastifyRequest) => Promise<boolean> {
  return async (request) => {
    const address = clientAddress(request);
    // On the control socket there is no address.
    if (address === '' || isLoopback(address)) return true;
    return allows((await callerOnNetwork(context, request)).scopes, 'metrics:read');
  };
}

async function callerOnNetwork(context: Context, request: FastifyRequest): Promise<Caller> {
  const address = clientAddress(request);
  // Before the token is looked at: it is known to others by now, but nobody shall get used to that.
  const isSafe = request.protocol === 'https' || isLoopback(address) || context.settings.api.allow_http;
  if (!isSafe) throw httpErrors.API_NEEDS_HTTPS({});
  const [, token] = /^Bearer +([\w-]{1,128})$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw httpErrors.TOKEN_MISSING({});
  return callerOfToken(context, token, address);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}
