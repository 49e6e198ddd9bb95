import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addGroup,
  changeMembers,
  createGroupTasks,
  describeGroup,
  findGroup,
  listGroups,
  removeGroup,
} from '#actions/manage-groups.js';
import { describeTasks } from '#actions/manage-tasks.js';
import { GROUP_SORTS } from '#store/groups.js';
import { type ApiInstance, fields, listQuery, NameParam, page, Refused, Time } from './route-types.js';
import { orderFields, Task } from './task-routes.js';

const Group = fields(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Type.String(),
    createdAt: Time,
    createdBy: Type.String(),
    hosts: Type.Array(Type.String(), { description: 'Names.' }),
  },
  'Group',
);
const Query = listQuery(GROUP_SORTS, { host: Type.Optional(Type.String({ maxLength: 64 })) });
const Hosts = fields({
  hosts: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 10_000 }),
});
const New = fields({ name: Type.String({ maxLength: 64 }) });
const Order = fields(orderFields);
const Ordered = fields({
  tasks: Type.Array(Task),
  refused: Refused,
});

const params = { name: 'room-12' };

/** Groups of hosts. */
export async function groupRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/groups',
    {
      schema: { summary: 'List groups with their hosts', querystring: Query, response: { 200: page(Group) } },
      config: { scope: 'groups:read', example: { query: { host: 'lab-pc-01' } } },
    },
    ({ query }) => listGroups(context, query),
  );

  app.post(
    '/groups',
    {
      schema: { summary: 'Make a group', body: New, response: { 201: Group } },
      config: { scope: 'groups:write', action: 'group-added', example: { body: { name: 'room-13' } } },
    },
    async ({ body, caller, context }, reply) =>
      reply.code(201).send(describeGroup(context, await addGroup(context, body.name, caller.actor))),
  );

  app.get(
    '/groups/:name',
    {
      schema: { summary: 'One group', params: NameParam, response: { 200: Group } },
      config: { scope: 'groups:read', example: { params } },
    },
    ({ params }) => describeGroup(context, findGroup(context, params.name)),
  );

  app.delete(
    '/groups/:name',
    {
      schema: { summary: 'Remove a group; its hosts stay', params: NameParam, response: { 200: Group } },
      config: { scope: 'groups:write', action: 'group-removed', example: { params } },
    },
    async ({ params, context }) => {
      const told = describeGroup(context, findGroup(context, params.name));
      await removeGroup(context, params.name);
      return told;
    },
  );

  for (const [change, summary, action] of [
    ['join', 'Put hosts into a group', 'group-joined'],
    ['leave', 'Take hosts out of a group', 'group-left'],
  ] as const) {
    app.post(
      `/groups/:name/${change}`,
      {
        schema: { summary, params: NameParam, body: Hosts, response: { 200: Group } },
        config: { scope: 'groups:write', action, example: { params, body: { hosts: ['lab-pc-01'] } } },
      },
      async ({ params, body, context }) =>
        describeGroup(context, await changeMembers(context, params.name, change, body.hosts)),
    );
  }

  app.post(
    '/groups/:name/tasks',
    {
      schema: {
        summary: 'Order a task for each host of a group',
        params: NameParam,
        body: Order,
        response: { 201: Ordered },
      },
      config: {
        scope: 'tasks:write',
        action: 'group-tasks-ordered',
        outside: true,
        example: { params, body: { type: 'inventory' } },
      },
    },
    async ({ params, body, caller, context }, reply) => {
      const { tasks, refused } = await createGroupTasks(context, params.name, body, caller.actor);
      return reply.code(201).send({ tasks: describeTasks(context, tasks), refused });
    },
  );
}
