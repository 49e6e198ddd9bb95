import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { findLease, listLeases, releaseLease } from '#actions/manage-leases.js';
import { LEASE_SORTS } from '#store/leases.js';
import {
  type ApiInstance,
  fields,
  KeyParam,
  listQuery,
  nullable,
  page,
  Time,
  withMac,
} from './route-types.js';

/** What another DHCP server is to say, as text; `address` is fogd's as machines reach it. */
export type Advise = (server: string, address: string | undefined) => string;

const State = Type.Enum(['bound', 'expired', 'released', 'declined']);
const Lease = fields(
  {
    address: Type.String(),
    mac: Type.String(),
    host: nullable(Type.String()),
    hostname: nullable(Type.String({ description: 'What the machine calls itself.' })),
    clientId: nullable(Type.String()),
    state: State,
    grantedAt: Time,
    expiresAt: Time,
  },
  'Lease',
);
const Query = listQuery(LEASE_SORTS, {
  all: Type.Optional(Type.Boolean({ description: 'Also those that are over.' })),
  state: Type.Optional(State),
  mac: Type.Optional(Type.String({ maxLength: 20 })),
});
const Question = fields({
  server: Type.String({
    maxLength: 20,
    description: 'plain, dnsmasq, isc, kea, windows or mikrotik.',
  }),
  address: Type.Optional(Type.String({ format: 'ipv4', description: 'Of fogd, as machines reach it.' })),
});
const Advice = fields({ server: Type.String(), text: Type.String() });

const params = { key: '10.0.0.50' };

/** Leases, and advice for other DHCP servers. */
export async function dhcpRoutes(
  app: ApiInstance,
  { context, advise }: { readonly context: Context; readonly advise: Advise },
): Promise<void> {
  app.get(
    '/leases',
    {
      schema: { summary: 'Who has which address', querystring: Query, response: { 200: page(Lease) } },
      config: { scope: 'leases:read', example: { query: { all: true, sort: '-expiresAt' } } },
    },
    ({ query }) => listLeases(context, withMac(query)),
  );

  app.get(
    '/leases/:key',
    {
      schema: { summary: 'One lease, by address or MAC', params: KeyParam, response: { 200: Lease } },
      config: { scope: 'leases:read', example: { params } },
    },
    ({ params }) => findLease(context, params.key),
  );

  app.delete(
    '/leases/:key',
    {
      schema: {
        summary: 'Take an address out of the hands of its machine',
        params: KeyParam,
        response: { 200: Lease },
      },
      config: { scope: 'leases:write', action: 'lease-released', outside: true, example: { params } },
    },
    ({ params, context }) => releaseLease(context, params.key),
  );

  app.get(
    '/dhcp/advice',
    {
      schema: {
        summary: 'What to set on another DHCP server',
        querystring: Question,
        response: { 200: Advice },
      },
      config: {
        scope: 'settings:read',
        example: { query: { server: 'dnsmasq', address: '10.0.0.1' } },
      },
    },
    ({ query }) => ({ server: query.server, text: advise(query.server, query.address) }),
  );
}
