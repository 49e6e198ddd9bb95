import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addPower, listPower, orderPower, removePower } from '#actions/manage-power.js';
import { POWER_ACTIONS } from '#domain/power-plan.js';
import { pageOf } from '#store/page.js';
import { type ApiInstance, fields, IdParam, KeyParam, listQuery, page, Time } from './route-types.js';

const Action = Type.Enum([...POWER_ACTIONS]);
const Plan = fields(
  {
    id: Type.Integer(),
    host: Type.String(),
    action: Action,
    cron: Type.String({ description: 'minute hour day month weekday, by the clock of the machine.' }),
  },
  'PowerPlan',
);
const Order = fields({ host: Type.String(), action: Action, until: Time }, 'PowerOrder');
const Query = listQuery(['id', 'host'], {
  host: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or MAC.' })),
});
const New = fields({ action: Action, cron: Type.String({ minLength: 1, maxLength: 200 }) });
const Now = fields({ action: Action });

const params = { key: 'lab-pc-01' };

/** When FOG Clients shut down and restart their machines. */
export async function powerRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/power',
    {
      schema: {
        summary: 'When machines shut down and restart',
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
        summary: 'Shut down or restart by the clock',
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
        summary: 'Shut down or restart at the next poll of its client',
        params: KeyParam,
        body: Now,
        response: { 200: Order },
      },
      config: {
        scope: 'hosts:write',
        action: 'power-ordered',
        example: { params, body: { action: 'reboot' } },
      },
    },
    ({ params, body, caller, context }) => orderPower(context, params.key, body.action, caller.actor),
  );
}
