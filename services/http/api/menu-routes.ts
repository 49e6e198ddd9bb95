import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addMenuEntry, changeMenuEntry, removeMenuEntry } from '#actions/manage-menu.js';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });
const change = {
  shownTo: Type.Optional(Type.Enum(['unregistered', 'registered', 'all', 'debug', 'pending'])),
  hotKey: Type.Optional(Type.String({ maxLength: 10 })),
  isDefault: Type.Optional(Type.Boolean()),
  enabled: Type.Optional(Type.Boolean()),
};
const Description = Type.String({ minLength: 1, maxLength: 100 });

/** The boot menu. */
export async function menuRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get('/menu', () => context.menu.list());

  const New = Type.Object(
    {
      name: Type.String({ maxLength: 64 }),
      description: Description,
      kernelArgs: Type.Optional(Type.String({ maxLength: 500 })),
      script: Type.Optional(Type.String({ maxLength: 4000 })),
      ...change,
    },
    { additionalProperties: false },
  );
  app.post('/menu', { schema: { body: New } }, async ({ body }, reply) =>
    reply.code(201).send(await addMenuEntry(context, body)),
  );

  const Change = Type.Object(
    { description: Type.Optional(Description), ...change },
    { additionalProperties: false },
  );
  app.patch('/menu/:name', { schema: { params: Name, body: Change } }, ({ params, body }) =>
    changeMenuEntry(context, params.name, body),
  );

  app.delete('/menu/:name', { schema: { params: Name } }, ({ params }) =>
    removeMenuEntry(context, params.name),
  );
}
