import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describeClient, resetClient, resetClients, switchClientModule } from '#actions/manage-clients.js';
import { MODULE_KEYS } from '#domain/client-module.js';
import { type ApiInstance, fields, KeyParam, NameParam, nullable, Time } from './route-types.js';

const Client = fields(
  {
    host: Type.String(),
    trust: Type.Enum(['pending', 'unknown', 'new', 'trusted'], {
      description:
        'unknown: whoever comes first is trusted; new: it came once; trusted: it has shown since that it is the same; pending: the host waits for approval.',
    }),
    trustedSince: nullable(Time),
    handshakeAt: nullable(Time),
    handshakeFrom: nullable(Type.String()),
    refusal: nullable(
      fields({
        at: Time,
        from: Type.String(),
        reason: Type.String({ description: 'Why the last handshake as this host was refused.' }),
      }),
    ),
    sessionUntil: nullable(Time),
    contactAt: nullable(Time),
    contactFrom: nullable(Type.String()),
    versionLine: nullable(
      Type.String({ description: 'What its behaviour says: no call names the version.' }),
    ),
    modules: Type.Array(
      fields({
        module: Type.Enum([...MODULE_KEYS]),
        state: Type.Enum(['on', 'off everywhere', 'off for this host', 'absent']),
      }),
    ),
    told: nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What its modules were told at the last poll since fogd started, without secrets.',
      }),
    ),
  },
  'Client',
);
const Reset = fields({ hosts: Type.Array(Type.String(), { description: 'Names.' }) });
const ModuleKey = fields({
  key: Type.String({ minLength: 1, maxLength: 64 }),
  module: Type.String({ minLength: 1, maxLength: 64 }),
});
const Switch = fields({ on: Type.Boolean() });

const [read, write] = ['hosts:read', 'hosts:write'] as const;
const params = { key: 'lab-pc-01' };

/** The FOG Clients of hosts. */
export async function clientApiRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/hosts/:key/client',
    {
      schema: {
        summary: 'Its FOG Client, and what that was last told',
        params: KeyParam,
        response: { 200: Client },
      },
      config: { scope: read, example: { params } },
    },
    ({ params }) => describeClient(context, params.key),
  );

  app.post(
    '/hosts/:key/client/reset',
    {
      schema: {
        summary: 'Trust the next machine that comes as this host',
        params: KeyParam,
        response: { 200: Reset },
      },
      config: { scope: write, action: 'client-reset', example: { params } },
    },
    async ({ params, caller, context }) => ({ hosts: await resetClient(context, params.key, caller.actor) }),
  );

  app.post(
    '/groups/:name/client-reset',
    {
      schema: {
        summary: 'Reset the FOG Clients of all its hosts',
        params: NameParam,
        response: { 200: Reset },
      },
      config: { scope: write, action: 'clients-reset', example: { params: { name: 'room-12' } } },
    },
    async ({ params, caller, context }) => ({
      hosts: await resetClients(context, params.name, caller.actor),
    }),
  );

  app.put(
    '/hosts/:key/client/modules/:module',
    {
      schema: {
        summary: 'Switch a module of its FOG Client',
        params: ModuleKey,
        body: Switch,
        response: { 200: Client },
      },
      config: {
        scope: write,
        action: 'client-module-switched',
        example: { params: { ...params, module: 'taskreboot' }, body: { on: false } },
      },
    },
    ({ params, body, context }) => switchClientModule(context, params.key, params.module, body.on),
  );
}
