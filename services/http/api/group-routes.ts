import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addGroup,
  changeMembers,
  createGroupTasks,
  describeGroup,
  findGroup,
  removeGroup,
} from '#actions/manage-groups.js';
import { describeTask } from '#actions/manage-tasks.js';
import { ACTOR } from './actor.js';
import { orderFields } from './task-routes.js';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });

/** Groups of hosts. */
export async function groupRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const Hosts = Type.Object(
    { hosts: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 10_000 }) },
    { additionalProperties: false },
  );

  app.get('/groups', () => context.groups.list().map((group) => describeGroup(context, group)));

  const New = Type.Object({ name: Type.String({ maxLength: 64 }) }, { additionalProperties: false });
  app.post('/groups', { schema: { body: New } }, async ({ body }, reply) =>
    reply.code(201).send(describeGroup(context, await addGroup(context, body.name, ACTOR))),
  );

  app.get('/groups/:name', { schema: { params: Name } }, ({ params }) =>
    describeGroup(context, findGroup(context, params.name)),
  );

  app.delete('/groups/:name', { schema: { params: Name } }, ({ params }) =>
    removeGroup(context, params.name),
  );

  for (const change of ['join', 'leave'] as const) {
    app.post(`/groups/:name/${change}`, { schema: { params: Name, body: Hosts } }, async ({ params, body }) =>
      describeGroup(context, await changeMembers(context, params.name, change, body.hosts)),
    );
  }

  const Order = Type.Object(orderFields, { additionalProperties: false });
  app.post(
    '/groups/:name/tasks',
    { schema: { params: Name, body: Order } },
    async ({ params, body }, reply) => {
      const { tasks, refused } = await createGroupTasks(context, params.name, body, ACTOR);
      return reply.code(201).send({ tasks: tasks.map((task) => describeTask(context, task)), refused });
    },
  );
}
