import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { cancelTaskById, createTask, describeTask, listTasks, taskById } from '#actions/manage-tasks.js';
import { TASK_TYPES } from '#domain/task-type.js';
import { ACTOR } from './actor.js';

const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) });

/** What an order of a task has beside its host. */
export const orderFields = {
  type: Type.Enum(TASK_TYPES.map(({ key }) => key)),
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  shutdown: Type.Optional(Type.Boolean()),
  forced: Type.Optional(Type.Boolean()),
  wake: Type.Optional(Type.Boolean()),
  account: Type.Optional(Type.String({ maxLength: 64 })),
};

/** Tasks: what machines are told to do at their next boot. */
export async function taskRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/tasks',
    {
      schema: {
        querystring: Type.Object(
          {
            active: Type.Optional(Type.Boolean()),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
          },
          { additionalProperties: false },
        ),
      },
    },
    ({ query }) => listTasks(context, query).map((task) => describeTask(context, task)),
  );

  app.post(
    '/tasks',
    {
      schema: {
        body: Type.Object(
          {
            host: Type.String({ minLength: 1, maxLength: 64 }),
            ...orderFields,
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }, reply) =>
      reply.code(201).send(describeTask(context, await createTask(context, body, ACTOR))),
  );

  app.get('/tasks/:id', { schema: { params: Id } }, ({ params }) =>
    describeTask(context, taskById(context, params.id)),
  );

  app.post('/tasks/:id/cancel', { schema: { params: Id } }, async ({ params }) =>
    describeTask(context, await cancelTaskById(context, params.id, ACTOR)),
  );
}
