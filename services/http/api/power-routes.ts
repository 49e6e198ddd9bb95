import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addPower, listPower, orderGroupPower, orderPower, removePower } from '#actions/manage-power.js';
import { POWER_ACTIONS } from '#domain/power-plan.js';
import { pageOf } from '#store/page.js';
import {
  type ApiInstance,
  fields,
  IdParam,
  KeyParam,
  listQuery,
  NameParam,
  nullable,
  page,
  Time,
} from './route-types.js';

const Action = Type.Enum([...POWER_ACTIONS], {
  description: 'shutdown and reboot are done by its FOG Client; wol by fogd: magic packets wake the machine.',
});
const Plan = fields(
  {
    id: Type.Integer(),
    host: Type.String(),
    action: Action,
    cron: Type.String({
      description:
        'minute hour day month weekday, by the clock of the machine; for wol by that of this server.',
    }),
  },
  'PowerPlan',
);
const Order = fields(
  {
    host: Type.String(),
    action: Action,
    until: nullable(Time),
    sentTo: Type.Array(Type.String(), { description: 'Where magic packets went.' }),
  },
  'PowerOrder',
);
const Ordered = fields({
  orders: Type.Array(Order),
  refused: Type.Array(fields({ host: Type.String(), reason: Type.String() })),
});
const Query = listQuery(['id', 'host'], {
  host: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or MAC.' })),
});
const New = fields({ action: Action, cron: Type.String({ minLength: 1, maxLength: 200 }) });
const Now = fields({ action: Action });

const params = { key: 'lab-pc-01' };

/** When machines are shut down, restarted and woken. */
export async function powerRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/power',
    {
      schema: {
        summary: 'When machines are shut down, restarted and woken',
        querystring: Query,
        response: { 200: page(Plan) },
      },
      config: { scope: 'hosts:read', example: { query: { host: 'lab-pc-01' } } },
    },
    ({ query }) =>
      pageOf(
        listPower(context, query.host),
        query,
        { id: ({ id }) => id, host: ({ host }) => host },
        ({ host, action, cron }) => `${host} ${action} ${cron}`,
      ),
  );

  app.post(
    '/hosts/:key/power',
    {
      schema: {
        summary: 'Shut down, restart or wake by the clock',
        params: KeyParam,
        body: New,
        response: { 201: Plan },
      },
      config: {
        scope: 'hosts:write',
        action: 'power-plan-added',
        example: { params, body: { action: 'shutdown', cron: '0 22 * * 1-5' } },
      },
    },
    async ({ params, body, context }, reply) =>
      reply.code(201).send(await addPower(context, params.key, body.action, body.cron)),
  );

  app.delete(
    '/power/:id',
    {
      schema: { summary: 'Do so no longer', params: IdParam, response: { 200: Plan } },
      config: { scope: 'hosts:write', action: 'power-plan-removed', example: { params: { id: 1 } } },
    },
    ({ params, context }) => removePower(context, params.id),
  );

  app.post(
    '/hosts/:key/power/now',
    {
      schema: {
        summary: 'Shut down or restart at the next poll of its client, or wake at once',
        params: KeyParam,
        body: Now,
        response: { 200: Order },
      },
      config: {
        scope: 'hosts:write',
        action: 'power-ordered',
        outside: true,
        example: { params, body: { action: 'reboot' } },
      },
    },
    ({ params, body, caller, context }) => orderPower(context, params.key, body.action, caller.actor),
  );

  app.post(
    '/groups/:name/power/now',
    {
      schema: {
        summary: 'Do so with each host of a group',
        params: NameParam,
        body: Now,
        response: { 200: Ordered },
      },
      config: {
        scope: 'hosts:write',
        action: 'group-power-ordered',
        outside: true,
        example: { params: { name: 'room-12' }, body: { action: 'wol' } },
      },
    },
    ({ params, body, caller, context }) => orderGroupPower(context, params.name, body.action, caller.actor),
  );
}
