import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addBootFiles,
  chooseBootFileVersion,
  listBootFiles,
  removeBootFile,
  verifyBootFiles,
} from '#actions/manage-boot-files.js';
import { ACTOR } from './actor.js';

const Version = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 260 }),
    version: Type.String({ minLength: 1, maxLength: 30 }),
  },
  { additionalProperties: false },
);

/** Boot files that fogd keeps. Names have slashes, so they stand in bodies and queries. */
export async function bootFileRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get('/boot-files', () => listBootFiles(context));

  const Add = Type.Object(
    {
      source: Type.String({ minLength: 1, maxLength: 2000 }),
      version: Type.Optional(Type.String({ maxLength: 30 })),
      name: Type.Optional(Type.String({ maxLength: 260 })),
      sha256: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{64}$' })),
      keepDefault: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  );
  app.post('/boot-files', { schema: { body: Add } }, async ({ body }, reply) =>
    reply.code(201).send(await addBootFiles(context, body, ACTOR)),
  );

  app.post('/boot-files/verify', () => verifyBootFiles(context));

  app.put('/boot-files/default', { schema: { body: Version } }, ({ body }) =>
    chooseBootFileVersion(context, body.name, body.version, ACTOR),
  );

  app.delete('/boot-files', { schema: { querystring: Version } }, ({ query }) =>
    removeBootFile(context, query.name, query.version),
  );
}
