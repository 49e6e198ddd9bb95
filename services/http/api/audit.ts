import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import { clean } from '#domain/inventory.js';

/** Longer texts, such as scripts, are told by their length. */
const LONGEST = 80;
const MOST_FIELDS = 12;

/**
 * Writes who changed what. The entry is durable before the answer leaves, so no change that was acknowledged is without one; if it cannot be
 * written, the caller is told an error although the change holds.
 */
export function auditChanges(instance: FastifyInstance, { store, audit, clock }: Context): void {
  instance.addHook('preSerialization', async (request, reply, payload: unknown) => {
    const { action } = request.routeOptions.config;
    if (action === undefined || reply.statusCode >= 400) return payload;
    const entry = {
      at: clock.now(),
      actor: request.caller.actor,
      action,
      subject: subjectOf(request, payload),
      summary: summaryOf(request),
    };
    await store.commit(() => audit.add(entry));
    return payload;
  });
}

/** What the path names, or else what was made. */
function subjectOf({ params, query }: FastifyRequest, answer: unknown): string {
  const named = { ...(query as object), ...(params as object) } as Record<string, unknown>;
  const { key, name, id, mac, version } = named;
  const parts = [key, name, id, mac, version].filter((part) => part !== undefined);
  if (parts.length > 0) return clean(parts.join(' '), LONGEST);
  const made = answer as { readonly name?: unknown; readonly id?: unknown } | null;
  return clean(String(made?.name ?? made?.id ?? ''), LONGEST);
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
  const bare = text.replaceAll(/(\w+:\/\/)[^/@\s]*@/g, '$1');
  return bare.length > LONGEST ? `(${bare.length} characters)` : clean(bare, LONGEST);
}
