import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { findLease, listLeases, releaseLease } from '#actions/manage-leases.js';

/** What another DHCP server is to say, as text; `address` is fogd's as machines reach it. */
export type Advise = (server: string, address: string | undefined) => string;

const Key = Type.Object({ key: Type.String({ minLength: 1, maxLength: 64 }) });

/** Leases, and advice for other DHCP servers. */
export async function dhcpRoutes(
  instance: FastifyInstance,
  { context, advise }: { readonly context: Context; readonly advise: Advise },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  const Which = Type.Object({ all: Type.Optional(Type.Boolean()) }, { additionalProperties: false });
  app.get('/leases', { schema: { querystring: Which } }, ({ query }) =>
    listLeases(context, query.all === true),
  );

  app.get('/leases/:key', { schema: { params: Key } }, ({ params }) => findLease(context, params.key));

  app.delete('/leases/:key', { schema: { params: Key } }, ({ params }) => releaseLease(context, params.key));

  const Advice = Type.Object(
    {
      server: Type.String({ maxLength: 20 }),
      address: Type.Optional(Type.String({ format: 'ipv4' })),
    },
    { additionalProperties: false },
  );
  app.get('/dhcp/advice', { schema: { querystring: Advice } }, ({ query }) => ({
    server: query.server,
    text: advise(query.server, query.address),
  }));
}
