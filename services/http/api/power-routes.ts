import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addGroupPower,
  addPower,
  listPower,
  orderGroupPower,
  orderPower,
  removeGroupPower,
  removePower,
} from '#actions/manage-power.js';
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
  Refused,
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
const Ordered = fields({ orders: Type.Array(Order), refused: Refused });
const Planned = fields({ plans: Type.Array(Plan), refused: Refused });
const Query = listQuery(['id', 'host'], {
  host: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or MAC.' })),
});
const Wanted = fields({ action: Action, cron: Type.String({ minLength: 1, maxLength: 200 }) });
const Now = fields({ action: Action });

const params = { key: 'lab-pc-01' };
const ofGroup = { name: 'room-12' };

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
        body: Wanted,
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
    '/groups/:name/power',
    {
      schema: {
        summary: 'Shut down, restart or wake each host of a group by the clock',
        params: NameParam,
        body: Wanted,
        response: { 201: Planned },
      },
      config: {
        scope: 'hosts:write',
        action: 'group-power-plan-added',
        outside: true,
        example: { params: ofGroup, body: { action: 'shutdown', cron: '0 20 * * 1-5' } },
      },
    },
    async ({ params, body, context }, reply) =>
      reply.code(201).send(await addGroupPower(context, params.name, body.action, body.cron)),
  );

  app.post(
    '/groups/:name/power/remove',
    {
      schema: {
        summary: 'Do so no longer with any host of a group',
        params: NameParam,
        body: Wanted,
        response: { 200: Planned },
      },
      config: {
        scope: 'hosts:write',
        action: 'group-power-plan-removed',
        outside: true,
        example: { params: ofGroup, body: { action: 'reboot', cron: '30 6 * * *' } },
      },
    },
    ({ params, body, context }) => removeGroupPower(context, params.name, body.action, body.cron),
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
        example: { params: ofGroup, body: { action: 'wol' } },
      },
    },
    ({ params, body, caller, context }) => orderGroupPower(context, params.name, body.action, caller.actor),
  );
}
