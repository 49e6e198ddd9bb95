import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addUser, changePassword, removeUser } from '#actions/manage-users.js';
import { USER_SORTS } from '#store/users.js';
import { type ApiInstance, fields, listQuery, NameParam, page, secret, Time } from './route-types.js';

const User = fields(
  {
    id: Type.Integer(),
    name: Type.String(),
    createdAt: Time,
    createdBy: Type.String(),
    changedAt: Type.Integer({ description: 'Last change of the password; milliseconds since the epoch.' }),
  },
  'User',
);
const Password = secret(1024);
const New = fields({ name: Type.String({ maxLength: 64 }), password: Password });
const Change = fields({ password: Password });
const Query = listQuery(USER_SORTS, {});

const params = { name: 'ada' };

/** Users. Passwords come in and never go out, not even as hashes. */
export async function userRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/users',
    {
      schema: { summary: 'List users', querystring: Query, response: { 200: page(User) } },
      config: { scope: 'users:read', example: { query: { q: 'ad' } } },
    },
    ({ query }) => context.users.page(query),
  );

  app.post(
    '/users',
    {
      schema: { summary: 'Make a user', body: New, response: { 201: User } },
      config: {
        scope: 'users:write',
        action: 'user-added',
        example: { body: { name: 'grace', password: 'correct horse' } },
      },
    },
    async ({ body, caller, context }, reply) =>
      reply.code(201).send(await addUser(context, body.name, body.password, caller.actor)),
  );

  app.put(
    '/users/:name/password',
    {
      schema: { summary: 'A new password', params: NameParam, body: Change, response: { 200: User } },
      config: {
        scope: 'users:write',
        action: 'password-changed',
        example: { params, body: { password: 'battery staple' } },
      },
    },
    ({ params, body, context }) => changePassword(context, params.name, body.password),
  );

  app.delete(
    '/users/:name',
    {
      schema: { summary: 'Remove a user', params: NameParam, response: { 200: User } },
      config: { scope: 'users:write', action: 'user-removed', example: { params } },
    },
    ({ params, context }) => removeUser(context, params.name),
  );
}
