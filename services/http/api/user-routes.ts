import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addUser, changePassword, removeUser } from '#actions/manage-users.js';
import { ACTOR } from './actor.js';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });
const Password = Type.String({ maxLength: 1024 });

/** Users. Passwords come in and never go out, not even as hashes. */
export async function userRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get('/users', () => context.users.list());

  const New = Type.Object(
    { name: Type.String({ maxLength: 64 }), password: Password },
    { additionalProperties: false },
  );
  app.post('/users', { schema: { body: New } }, async ({ body }, reply) =>
    reply.code(201).send(await addUser(context, body.name, body.password, ACTOR)),
  );

  const Change = Type.Object({ password: Password }, { additionalProperties: false });
  app.put('/users/:name/password', { schema: { params: Name, body: Change } }, ({ params, body }) =>
    changePassword(context, params.name, body.password),
  );

  app.delete('/users/:name', { schema: { params: Name } }, ({ params }) => removeUser(context, params.name));
}
