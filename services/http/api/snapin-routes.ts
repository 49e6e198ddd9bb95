import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { assignSnapin, hostSnapins, setHostSnapins } from '#actions/assign-snapins.js';
import type { Context } from '#actions/context.js';
import {
  addSnapin,
  changeSnapin,
  describeSnapin,
  findSnapin,
  listSnapins,
  removeSnapin,
  replaceSnapinFile,
} from '#actions/manage-snapins.js';
import { cancelSnapinTask, listSnapinTasks } from '#actions/snapin-history.js';
import { verifySnapins } from '#actions/verify-snapins.js';
import type { Clock } from '#daemon/clock.js';
import { LONGEST_TIMEOUT, SNAPIN_ACTIONS } from '#domain/snapin.js';
import { TEMPLATE_NAMES } from '#domain/snapin-template.js';
import { STATE_NAMES, type TaskState } from '#domain/task.js';
import { SNAPIN_TASK_SORTS } from '#store/snapin-tasks.js';
import { SNAPIN_SORTS } from '#store/snapins.js';
import {
  type ApiInstance,
  type ApiTypes,
  fields,
  IdParam,
  KeyParam,
  listQuery,
  nullable,
  page,
  Time,
} from './route-types.js';
import { acceptUploads, uploadOf } from './upload.js';

const Action = Type.Enum([...SNAPIN_ACTIONS], { description: 'What the client does after it has run.' });
const Snapin = fields(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Type.String(),
    file: Type.String({ description: 'What the client calls the file.' }),
    args: Type.String(),
    runWith: Type.String({ description: 'The program that runs the file; empty: the file itself.' }),
    runWithArgs: Type.String(),
    pack: Type.Boolean({ description: 'A zip archive, in which runWith is.' }),
    action: Action,
    hide: Type.Boolean({ description: 'The client does not log the arguments.' }),
    timeout: Type.Integer({ description: 'Seconds until the client ends it; 0: never.' }),
    protected: Type.Boolean(),
    enabled: Type.Boolean(),
    toReplicate: Type.Boolean({
      description: 'Whether other storage nodes shall have its file; with one node it is only kept.',
    }),
    sha512: Type.String(),
    size: Type.Integer(),
    damage: Type.String({ description: 'Why its file cannot be handed out; empty: it can.' }),
    createdAt: Time,
    createdBy: Type.String(),
    hosts: Type.Array(Type.String(), { description: 'Those that have it.' }),
  },
  'Snapin',
);
const SnapinTask = fields(
  {
    id: Type.Integer(),
    host: Type.String(),
    snapin: Type.String(),
    state: Type.String(),
    createdAt: Time,
    createdBy: Type.String(),
    attempts: Type.Integer({ description: 'How often its file was asked for.' }),
    checkedInAt: nullable(Time),
    startedAt: nullable(Time),
    sentAt: nullable(Time),
    finishedAt: nullable(Time),
    exitCode: nullable(Type.Integer()),
    details: Type.String(),
  },
  'SnapinTask',
);

const Name = Type.String({ minLength: 1, maxLength: 100 });
const NameParam = fields({ name: Name });
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const sha512 = Type.Optional(
  Type.String({ pattern: '^[0-9A-Fa-f]{128}$', description: 'What the file must hold.' }),
);
const commandFields = {
  description: text(500),
  args: text(2_000),
  runWith: text(245),
  runWithArgs: text(200),
  pack: Type.Optional(Type.Boolean()),
  template: Type.Optional(
    Type.Enum(TEMPLATE_NAMES, { description: 'Fills what of the command is not said.' }),
  ),
  program: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 150,
      description: 'With a template: the file in a pack that is run.',
    }),
  ),
  action: Type.Optional(Action),
  hide: Type.Optional(Type.Boolean()),
  timeout: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_TIMEOUT })),
  protected: Type.Optional(Type.Boolean()),
  enabled: Type.Optional(Type.Boolean()),
  toReplicate: Type.Optional(Type.Boolean()),
};
const File = Type.String({ minLength: 1, maxLength: 200 });
const New = fields({ name: Name, file: File, ...commandFields, sha512 });
const Change = fields({ name: Type.Optional(Name), file: Type.Optional(File), ...commandFields });
const NewFile = fields({ file: Type.Optional(File), sha512 });
const Force = fields({
  force: Type.Optional(Type.Boolean({ description: 'Clients that are to run it are not.' })),
});
const Choice = fields({
  hosts: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 10_000 })),
  group: Type.Optional(Type.String({ maxLength: 64, description: 'All hosts that are in it now.' })),
});
const Order = fields({ snapins: Type.Array(Name, { maxItems: 1_000 }) });
const Query = listQuery(SNAPIN_SORTS, {
  host: Type.Optional(Type.String({ maxLength: 64 })),
  enabled: Type.Optional(Type.Boolean()),
});
const STATES = Object.values(STATE_NAMES);
const TaskQuery = listQuery(SNAPIN_TASK_SORTS, {
  active: Type.Optional(Type.Boolean()),
  state: Type.Optional(Type.Enum(STATES)),
  host: Type.Optional(Type.String({ maxLength: 64 })),
  snapin: Type.Optional(Name),
});
const Verify = fields({ name: Type.Optional(Name) });
const Verdict = fields({
  name: Type.String(),
  damage: Type.String({ description: 'Empty: it is as it was.' }),
});

const [read, write] = ['snapins:read', 'snapins:write'] as const;
const params = { name: '7-Zip' };
const hostParams = { key: 'lab-pc-01' };

/** Snapins, which hosts have them, and what became of them. A file is the body of its request, and the rest stands in the query. */
export async function snapinRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/snapins',
    {
      schema: {
        summary: 'List snapins with their hosts',
        querystring: Query,
        response: { 200: page(Snapin) },
      },
      config: { scope: read, example: { query: { host: 'lab-pc-01', sort: '-size' } } },
    },
    ({ query }) => listSnapins(context, query),
  );

  app.get(
    '/snapins/:name',
    {
      schema: { summary: 'One snapin', params: NameParam, response: { 200: Snapin } },
      config: { scope: read, example: { params } },
    },
    ({ params }) => describeSnapin(context, findSnapin(context, params.name)),
  );

  app.patch(
    '/snapins/:name',
    {
      schema: { summary: 'Change what is named', params: NameParam, body: Change, response: { 200: Snapin } },
      config: {
        scope: write,
        action: 'snapin-changed',
        example: { params, body: { timeout: 600, action: 'reboot' } },
      },
    },
    ({ params, body, context }) => changeSnapin(context, params.name, body),
  );

  app.delete(
    '/snapins/:name',
    {
      schema: {
        summary: 'Remove a snapin and its file; its history stays',
        params: NameParam,
        querystring: Force,
        response: { 200: Snapin },
      },
      config: { scope: write, action: 'snapin-removed', example: { params, query: { force: true } } },
    },
    ({ params, query, caller, context }) =>
      removeSnapin(context, params.name, { force: query.force ?? false }, caller.actor),
  );

  for (const [change, summary, action] of [
    ['assign', 'Give a snapin to hosts, as their last one', 'snapin-assigned'],
    ['unassign', 'Take a snapin from hosts', 'snapin-unassigned'],
  ] as const) {
    app.post(
      `/snapins/:name/${change}`,
      {
        schema: { summary, params: NameParam, body: Choice, response: { 200: Snapin } },
        config: {
          scope: write,
          action,
          example: { params, body: { hosts: ['lab-pc-02'], group: 'room-12' } },
        },
      },
      ({ params, body, context }) => assignSnapin(context, params.name, change, body),
    );
  }

  app.post(
    '/snapins/verify',
    {
      schema: {
        summary: 'Read the files again, all or one',
        body: Verify,
        response: { 200: Type.Array(Verdict) },
      },
      config: {
        scope: write,
        action: 'snapins-verified',
        outside: true,
        example: { body: { name: '7-Zip' } },
      },
    },
    ({ body, context }) => verifySnapins(context, body.name),
  );

  app.get(
    '/hosts/:key/snapins',
    {
      schema: {
        summary: 'Snapins of a host, in the order in which it runs them',
        params: KeyParam,
        response: { 200: Type.Array(Snapin) },
      },
      config: { scope: read, example: { params: hostParams } },
    },
    ({ params }) => hostSnapins(context, params.key),
  );

  app.put(
    '/hosts/:key/snapins',
    {
      schema: {
        summary: 'Give a host exactly these snapins, in this order',
        params: KeyParam,
        body: Order,
        response: { 200: Type.Array(Snapin) },
      },
      config: {
        scope: write,
        action: 'host-snapins-set',
        example: { params: hostParams, body: { snapins: ['7-Zip'] } },
      },
    },
    ({ params, body, context }) => setHostSnapins(context, params.key, body.snapins),
  );

  app.get(
    '/snapin-tasks',
    {
      schema: {
        summary: 'What hosts are to run and have run, newest first',
        querystring: TaskQuery,
        response: { 200: page(SnapinTask) },
      },
      config: { scope: read, example: { query: { host: 'lab-pc-01', active: true } } },
    },
    ({ query: { state, ...query } }) =>
      listSnapinTasks(context, {
        ...query,
        ...(state === undefined ? {} : { state: (STATES.indexOf(state) + 1) as TaskState }),
      }),
  );

  app.post(
    '/snapin-tasks/:id/cancel',
    {
      schema: {
        summary: 'Cancel one snapin of a host; a client that is at it finishes it',
        params: IdParam,
        response: { 200: SnapinTask },
      },
      config: {
        scope: 'tasks:write',
        action: 'snapin-task-cancelled',
        example: { params: { id: 1_000_001 } },
      },
    },
    ({ params, caller, context }) => cancelSnapinTask(context, params.id, caller.actor),
  );

  await (app as unknown as FastifyInstance).register(async (inner) => {
    acceptUploads(inner);
    uploadRoutes(inner.withTypeProvider<ApiTypes>(), context.clock);
  });
}

function uploadRoutes(app: ApiInstance, clock: Clock): void {
  app.post(
    '/snapins',
    {
      schema: {
        summary: 'Take a snapin in; the body is its file',
        querystring: New,
        response: { 201: Snapin },
      },
      config: {
        scope: write,
        action: 'snapin-added',
        upload: true,
        example: { query: { name: 'Editor', file: 'editor.msi', template: 'msi', timeout: 600 } },
      },
    },
    async (request, reply) => {
      const { sha512, ...snapin } = request.query;
      const upload = { ...uploadOf(request, clock), ...(sha512 === undefined ? {} : { sha512 }) };
      return reply.code(201).send(await addSnapin(request.context, snapin, upload, request.caller.actor));
    },
  );

  app.put(
    '/snapins/:name/file',
    {
      schema: {
        summary: 'Another file for a snapin; the body is the file',
        params: NameParam,
        querystring: NewFile,
        response: { 200: Snapin },
      },
      config: {
        scope: write,
        action: 'snapin-file-replaced',
        upload: true,
        example: { params, query: { file: '7z-26.msi' } },
      },
    },
    (request) => {
      const { sha512, ...named } = request.query;
      const upload = { ...uploadOf(request, clock), ...(sha512 === undefined ? {} : { sha512 }) };
      return replaceSnapinFile(request.context, request.params.name, named, upload);
    },
  );
}
