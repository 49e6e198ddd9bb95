import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuditedChange } from '#actions/audited-change.js';
import type { Context } from '#actions/context.js';
import { clean } from '#domain/inventory.js';

/** Longer texts, such as scripts, are told by their length. */
const LONGEST = 80;
const MOST_FIELDS = 12;

const changes = new WeakMap<FastifyRequest, AuditedChange>();

/** Lets every route that changes something work on a context that writes who changed what, in the transaction of the change. */
export function auditChanges(instance: FastifyInstance, context: Context): void {
  instance.decorateRequest('context');
  instance.addHook('preHandler', async (request) => {
    const { action, outside } = request.routeOptions.config;
    if (action === undefined) return;
    const change = new AuditedChange(context, (made) => ({
      at: context.clock.now(),
      actor: request.caller.actor,
      action,
      subject: subjectOf(request, made),
      summary: summaryOf(request),
    }));
    changes.set(request, change);
    request.context = change.context;
    if (outside) await change.begin();
  });
  instance.addHook('preSerialization', async (request, reply, payload: unknown) => {
    if (reply.statusCode < 400) await changes.get(request)?.done(payload);
    return payload;
  });
  instance.addHook('onError', async (request) => {
    await changes.get(request)?.failed();
  });
}

/** What the path names, or else what was made. */
function subjectOf({ params, query, body }: FastifyRequest, answer: unknown): string {
  const named = { ...(query as object), ...(params as object) } as Record<string, unknown>;
  const { key, name, id, mac, version } = named;
  const parts = [key, name, id, mac, version].filter((part) => part !== undefined);
  if (parts.length > 0) return clean(parts.join(' '), LONGEST);
  const made = answer as { readonly name?: unknown; readonly id?: unknown } | null | undefined;
  const asked = body as { readonly name?: unknown } | null | undefined;
  return clean(String(made?.name ?? asked?.name ?? made?.id ?? ''), LONGEST);
}

function summaryOf({ body, routeOptions }: FastifyRequest): string {
  const { properties = {} } = (routeOptions.schema?.body ?? {}) as {
    readonly properties?: Readonly<Record<string, { readonly writeOnly?: boolean }>>;
  };
  return Object.entries((body ?? {}) as Record<string, unknown>)
    .slice(0, MOST_FIELDS)
    .map(([field, value]) => `${field}=${properties[field]?.writeOnly === true ? '(secret)' : told(value)}`)
    .join(' ');
}

function told(value: unknown): string {
  const text = Array.isArray(value) ? value.map(String).join(',') : String(value);
  // Name and password of an address, as in the sources of boot files.
  const bare = text.replaceAll(/:\/\/[^/@\s]*@/g, '://');
  return bare.length > LONGEST ? `(${bare.length} characters)` : clean(bare, LONGEST);
}
