import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { cancelTaskById, createTask, describeTask, listTasks, taskById } from '#actions/manage-tasks.js';
import { STATE_NAMES, type TaskState } from '#domain/task.js';
import { TASK_TYPES, taskTypeByKey } from '#domain/task-type.js';
import { TASK_SORTS } from '#store/tasks.js';
import { type ApiInstance, fields, IdParam, listQuery, nullable, page, Time } from './route-types.js';

export const Task = fields(
  {
    id: Type.Integer(),
    type: Type.String(),
    state: Type.String(),
    host: Type.String(),
    image: nullable(Type.String()),
    createdAt: Time,
    createdBy: Type.String(),
    startedAt: nullable(Time),
    finishedAt: nullable(Time),
    lastSeenAt: nullable(Time),
    reason: Type.String({ description: 'Why it is in its state.' }),
    before: nullable(Type.Integer({ description: 'Machines in front of it, while it waits for a slot.' })),
    progress: nullable(
      fields({
        rate: Type.String(),
        elapsed: Type.String(),
        remaining: Type.String(),
        copied: Type.String(),
        total: Type.String(),
        percent: Type.Number({ description: 'Of the current partition.' }),
        overall: nullable(Type.Number({ description: 'Of the whole image, where its size is known.' })),
        at: Time,
      }),
    ),
  },
  'Task',
);

const TypeKey = Type.Enum(TASK_TYPES.map(({ key }) => key));

/** What an order of a task has beside its host. */
export const orderFields = {
  type: TypeKey,
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  shutdown: Type.Optional(Type.Boolean({ description: 'Power off at the end instead of restarting.' })),
  forced: Type.Optional(Type.Boolean({ description: 'Begin without waiting for a free slot.' })),
  wake: Type.Optional(Type.Boolean({ description: 'Turn the machine on for it (wake on LAN).' })),
  account: Type.Optional(
    Type.String({ maxLength: 64, description: 'Windows account, for a password reset.' }),
  ),
  snapin: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Of a task for a single one.' }),
  ),
};

const STATES = Object.values(STATE_NAMES);
const Name = Type.String({ maxLength: 64 });
const Query = listQuery(TASK_SORTS, {
  active: Type.Optional(Type.Boolean()),
  state: Type.Optional(Type.Enum(STATES)),
  type: Type.Optional(TypeKey),
  host: Type.Optional(Name),
  image: Type.Optional(Name),
});
const Order = fields({ host: Type.String({ minLength: 1, maxLength: 64 }), ...orderFields });

/** What machines are told to do at their next boot. */
export async function taskRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/tasks',
    {
      schema: { summary: 'List tasks, newest first', querystring: Query, response: { 200: page(Task) } },
      config: { scope: 'tasks:read', example: { query: { active: true, type: 'inventory' } } },
    },
    ({ query: { state, type, ...query } }) =>
      listTasks(context, {
        ...query,
        ...(state === undefined ? {} : { state: (STATES.indexOf(state) + 1) as TaskState }),
        ...(type === undefined ? {} : { typeId: taskTypeByKey(type).id }),
      }),
  );

  app.post(
    '/tasks',
    {
      schema: {
        summary: 'Order a task; it starts when the machine boots from the network',
        body: Order,
        response: { 201: Task },
      },
      config: {
        scope: 'tasks:write',
        action: 'task-ordered',
        example: { body: { host: 'lab-pc-01', type: 'inventory', shutdown: true } },
      },
    },
    async ({ body, caller, context }, reply) =>
      reply.code(201).send(describeTask(context, await createTask(context, body, caller.actor))),
  );

  app.get(
    '/tasks/:id',
    {
      schema: { summary: 'One task, with its progress', params: IdParam, response: { 200: Task } },
      config: { scope: 'tasks:read', example: { params: { id: 1 } } },
    },
    ({ params }) => describeTask(context, taskById(context, params.id)),
  );

  app.post(
    '/tasks/:id/cancel',
    {
      schema: {
        summary: 'Cancel a task; a machine that is at work stops within seconds',
        params: IdParam,
        response: { 200: Task },
      },
      config: { scope: 'tasks:write', action: 'task-cancelled', example: { params: { id: 1 } } },
    },
    async ({ params, caller, context }) =>
      describeTask(context, await cancelTaskById(context, params.id, caller.actor)),
  );
}
