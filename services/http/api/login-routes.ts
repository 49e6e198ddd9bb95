import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { LOGIN_ACTIONS, LOGIN_SORTS } from '#store/logins.js';
import { type ApiInstance, fields, listQuery, page, Time } from './route-types.js';

const Login = fields(
  {
    id: Type.Integer(),
    host: Type.String(),
    user: Type.String(),
    action: Type.Enum([...LOGIN_ACTIONS]),
    at: Time,
  },
  'Login',
);
const Query = listQuery(LOGIN_SORTS, {
  host: Type.Optional(Type.String({ maxLength: 64 })),
  user: Type.Optional(Type.String({ maxLength: 64 })),
});

/** Who logged in where, as FOG Clients say. */
export async function loginRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/logins',
    {
      schema: {
        summary: 'Who logged in and out at which host, the newest first',
        description: 'A hint: whoever knows the MAC address of a host can say so in its name.',
        querystring: Query,
        response: { 200: page(Login) },
      },
      config: { scope: 'hosts:read', example: { query: { host: 'lab-pc-01', sort: '-at' } } },
    },
    ({ query }) => context.logins.page(query),
  );
}
