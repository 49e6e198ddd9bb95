import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addHost,
  addMac,
  changeHost,
  changeMac,
  findHost,
  removeHost,
  removeMac,
} from '#actions/manage-hosts.js';
import { assignImage } from '#actions/manage-images.js';
import { cancelTask, createTask } from '#actions/manage-tasks.js';
import type { Overview } from '#actions/overview.js';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { type Host, primaryMac } from '#domain/host.js';
import { parseMac } from '#domain/mac.js';
import { stateName } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { FogdError, messageOf } from '#errors.js';
import type { TraceRecord } from '#trace/decision.js';
import { bootStory } from '#trace/story.js';
import { ACTOR } from './actor.js';
import { bootFileRoutes } from './boot-file-routes.js';
import { type Advise, dhcpRoutes } from './dhcp-routes.js';
import { groupRoutes } from './group-routes.js';
import { imageRoutes } from './image-routes.js';
import { menuRoutes } from './menu-routes.js';
import { nodeRoutes } from './node-routes.js';
import { pkiRoutes } from './pki-routes.js';
import { taskRoutes } from './task-routes.js';
import { userRoutes } from './user-routes.js';

export interface Status extends Overview {
  readonly version: string;
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
}

export interface ApiOptions {
  readonly context: Context;
  readonly status: () => Promise<Status>;
  readonly advise: Advise;
  /** Records of one machine, oldest first. */
  readonly trace: (mac: string, since: number, limit: number) => Promise<readonly TraceRecord[]>;
}

const Key = Type.Object({ key: Type.String({ minLength: 1, maxLength: 64 }) });

/**
 * The API of people and of the command line, under `/api/v1`, for now only on the control socket, whose caller is the owner of the state
 * folder. Errors are problem details (RFC 9457) from the catalogue.
 */
export async function apiRoutes(
  instance: FastifyInstance,
  { context, status, trace, advise }: ApiOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.setErrorHandler((error, _, reply) => {
    const isOurs = error instanceof FogdError;
    const code = isOurs ? error.status : ((error as { statusCode?: number }).statusCode ?? 500);
    return reply
      .code(code)
      .type('application/problem+json')
      .send({
        type: 'about:blank',
        status: code,
        title: isOurs ? error.code : 'REQUEST_INVALID',
        detail: isOurs ? error.message : messageOf(error),
        ...(isOurs ? { remedy: error.remedy } : {}),
      });
  });

  await instance.register(imageRoutes, { context });
  await instance.register(taskRoutes, { context });
  await instance.register(userRoutes, { context });
  await instance.register(menuRoutes, { context });
  await instance.register(groupRoutes, { context });
  await instance.register(nodeRoutes, { context });
  await instance.register(bootFileRoutes, { context });
  await instance.register(dhcpRoutes, { context, advise });
  await instance.register(pkiRoutes, { context });

  app.get('/status', () => status());

  app.get(
    '/trace/:mac',
    {
      schema: {
        params: Type.Object({ mac: Type.String() }),
        querystring: Type.Object({
          since: Type.Optional(Type.Integer({ minimum: 0 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        }),
      },
    },
    async ({ params, query }) => {
      const mac = parseMac(params.mac) ?? primaryMac(findHost(context, params.mac));
      const records = await trace(mac, query.since ?? 0, query.limit ?? 2_000);
      return { mac, records, story: bootStory(records, context.clock.now()) };
    },
  );

  app.get('/hosts', () => context.hosts.list().map((host) => summary(context, host)));

  app.post(
    '/hosts',
    {
      schema: {
        body: Type.Object(
          { name: Type.String(), macs: Type.Array(Type.String(), { minItems: 1, maxItems: 32 }) },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }, reply) =>
      reply.code(201).send(summary(context, await addHost(context, body.name, body.macs, ACTOR))),
  );

  app.get('/hosts/:key', { schema: { params: Key } }, ({ params }) =>
    details(context, findHost(context, params.key)),
  );

  app.delete('/hosts/:key', { schema: { params: Key } }, async ({ params }) =>
    summary(context, await removeHost(context, params.key)),
  );

  const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
  const HostChange = Type.Object(
    {
      name: text(15),
      description: text(200),
      pending: Type.Optional(Type.Boolean()),
      kernel: text(64),
      init: text(64),
      kernelArgs: text(500),
      biosExit: text(30),
      efiExit: text(30),
      disk: text(64),
      productKey: text(29),
    },
    { additionalProperties: false },
  );
  app.patch('/hosts/:key', { schema: { params: Key, body: HostChange } }, async ({ params, body }) =>
    details(context, await changeHost(context, params.key, body)),
  );

  const MacKey = Type.Object({
    key: Type.String({ minLength: 1, maxLength: 64 }),
    mac: Type.String({ maxLength: 20 }),
  });
  const MacChange = Type.Object(
    {
      primary: Type.Optional(Type.Literal(true)),
      imageIgnore: Type.Optional(Type.Boolean()),
      pending: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  );
  app.put(
    '/hosts/:key/macs/:mac',
    { schema: { params: MacKey, body: MacChange } },
    async ({ params, body }) => {
      await addMac(context, params.key, params.mac);
      return details(context, await changeMac(context, params.key, params.mac, body));
    },
  );
  app.delete('/hosts/:key/macs/:mac', { schema: { params: MacKey } }, async ({ params }) =>
    details(context, await removeMac(context, params.key, params.mac)),
  );

  app.post('/hosts/:key/inventory', { schema: { params: Key } }, async ({ params }) => {
    await createTask(context, { host: params.key, type: 'inventory' }, ACTOR);
    return details(context, findHost(context, params.key));
  });

  app.post('/hosts/:key/cancel', { schema: { params: Key } }, async ({ params }) =>
    details(context, await cancelTask(context, params.key, ACTOR)),
  );

  app.put(
    '/hosts/:key/image',
    {
      schema: {
        params: Key,
        body: Type.Object(
          { image: Type.String({ minLength: 1, maxLength: 64 }) },
          { additionalProperties: false },
        ),
      },
    },
    async ({ params, body }) => details(context, await assignImage(context, params.key, body.image, ACTOR)),
  );
}

function summary({ tasks, inventory, images }: Context, host: Host) {
  const task = tasks.active(host.id);
  const reported = inventory.get(host.id)?.reported;
  return {
    name: host.name,
    pending: host.pending,
    macs: host.macs.map(({ mac }) => mac),
    image: host.imageId === null ? null : (images.byId(host.imageId)?.name ?? null),
    task: task ? `${taskType(task.typeId)?.name ?? task.typeId} (${stateName(task.state)})` : null,
    system: [reported?.sysman, reported?.sysproduct].filter(Boolean).join(' '),
  };
}

function details(context: Context, host: Host) {
  const { tasks, inventory } = context;
  return {
    ...summary(context, host),
    description: host.description,
    macFlags: host.macs,
    kernel: host.kernel,
    init: host.init,
    kernelArgs: host.kernelArgs,
    biosExit: host.biosExit,
    efiExit: host.efiExit,
    disk: host.disk,
    createdAt: host.createdAt,
    createdBy: host.createdBy,
    inventory: inventory.get(host.id) ?? null,
    inventoryHistory: inventory.history(host.id),
    tasks: tasks.list(host.id).map((task) => ({
      id: task.id,
      type: taskType(task.typeId)?.name ?? String(task.typeId),
      state: stateName(task.state),
      createdAt: task.createdAt,
      createdBy: task.createdBy,
      finishedAt: task.finishedAt ?? null,
    })),
  };
}
