import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describeHost, listHosts, summariseHost } from '#actions/describe-hosts.js';
import { addHost, addMac, changeHost, findHost, removeHost, removeMac } from '#actions/manage-hosts.js';
import { assignImage } from '#actions/manage-images.js';
import { cancelTask, createTask } from '#actions/manage-tasks.js';
import { HOST_SORTS } from '#store/hosts.js';
import {
  type ApiInstance,
  fields,
  KeyParam,
  listQuery,
  nullable,
  page,
  secret,
  Time,
} from './route-types.js';
import { Task } from './task-routes.js';

const summaryFields = {
  id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  pending: Type.Boolean({ description: 'It registered itself and waits for approval.' }),
  macs: Type.Array(Type.String(), { description: 'The primary one first.' }),
  image: nullable(Type.String()),
  task: nullable(Type.String({ description: 'What it is at, in words.' })),
  system: Type.String({ description: 'Maker and product, as the machine reported them.' }),
  createdAt: Time,
  deployedAt: nullable(Time),
};
export const HostSummary = fields(summaryFields, 'HostSummary');

const Reported = Type.Record(Type.String(), Type.String());
const Host = fields(
  {
    ...summaryFields,
    macFlags: Type.Array(
      fields({
        mac: Type.String(),
        primary: Type.Boolean(),
        pending: Type.Boolean(),
        imageIgnore: Type.Boolean(),
        clientIgnore: Type.Boolean(),
      }),
    ),
    kernel: Type.String(),
    init: Type.String(),
    kernelArgs: Type.String(),
    biosExit: Type.String(),
    efiExit: Type.String(),
    disk: Type.String(),
    createdBy: Type.String(),
    inventory: nullable(
      fields({
        updatedAt: Time,
        primaryUser: Type.String(),
        other1: Type.String(),
        other2: Type.String(),
        reported: Reported,
      }),
    ),
    inventoryHistory: Type.Array(fields({ until: Time, reported: Reported })),
    tasks: Type.Array(Task, { description: 'The newest 50.' }),
  },
  'Host',
);

const Key = KeyParam;
const Name = Type.String({ maxLength: 64 });
const Query = listQuery(HOST_SORTS, {
  pending: Type.Optional(Type.Boolean()),
  group: Type.Optional(Name),
  image: Type.Optional(Name),
});
const New = fields({ name: Type.String(), macs: Type.Array(Type.String(), { minItems: 1, maxItems: 32 }) });
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Change = fields({
  name: text(15),
  description: text(200),
  pending: Type.Optional(Type.Boolean()),
  kernel: text(64),
  init: text(64),
  kernelArgs: text(500),
  biosExit: text(30),
  efiExit: text(30),
  disk: text(64),
  productKey: Type.Optional(secret(29)),
});
const MacKey = fields({
  key: Type.String({ minLength: 1, maxLength: 64 }),
  mac: Type.String({ maxLength: 20 }),
});
const MacChange = fields({
  primary: Type.Optional(Type.Literal(true)),
  imageIgnore: Type.Optional(Type.Boolean()),
  clientIgnore: Type.Optional(Type.Boolean()),
  pending: Type.Optional(Type.Boolean()),
});
const ImageChoice = fields({ image: Type.String({ minLength: 1, maxLength: 64 }) });

const [read, write] = ['hosts:read', 'hosts:write'] as const;
const params = { key: 'lab-pc-01' };

/** The machines that fogd knows, by name or MAC. */
export async function hostRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/hosts',
    {
      schema: { summary: 'List hosts', querystring: Query, response: { 200: page(HostSummary) } },
      config: { scope: read, example: { query: { pending: false, q: 'lab', sort: '-createdAt' } } },
    },
    ({ query }) => listHosts(context, query),
  );

  app.post(
    '/hosts',
    {
      schema: { summary: 'Make a host', body: New, response: { 201: HostSummary } },
      config: {
        scope: write,
        action: 'host-added',
        example: { body: { name: 'lab-pc-09', macs: ['00:11:22:33:44:66'] } },
      },
    },
    async ({ body, caller, context }, reply) =>
      reply
        .code(201)
        .send(summariseHost(context, await addHost(context, body.name, body.macs, caller.actor))),
  );

  app.get(
    '/hosts/:key',
    {
      schema: { summary: 'One host, with its hardware', params: Key, response: { 200: Host } },
      config: { scope: read, example: { params } },
    },
    ({ params }) => describeHost(context, findHost(context, params.key)),
  );

  app.patch(
    '/hosts/:key',
    {
      schema: { summary: 'Change what is named', params: Key, body: Change, response: { 200: Host } },
      config: {
        scope: write,
        action: 'host-changed',
        example: { params, body: { disk: '/dev/nvme0n1', productKey: 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE' } },
      },
    },
    async ({ params, body, context }) => describeHost(context, await changeHost(context, params.key, body)),
  );

  app.delete(
    '/hosts/:key',
    {
      schema: { summary: 'Forget a host and its inventory', params: Key, response: { 200: HostSummary } },
      config: { scope: write, action: 'host-removed', example: { params } },
    },
    async ({ params, context }) => {
      const told = summariseHost(context, findHost(context, params.key));
      await removeHost(context, params.key);
      return told;
    },
  );

  app.put(
    '/hosts/:key/macs/:mac',
    {
      schema: {
        summary: 'Add a MAC address, or change what it is for',
        params: MacKey,
        body: MacChange,
        response: { 200: Host },
      },
      config: {
        scope: write,
        action: 'mac-changed',
        example: { params: { ...params, mac: '00:11:22:33:44:77' }, body: { imageIgnore: true } },
      },
    },
    async ({ params, body, context }) =>
      describeHost(context, await addMac(context, params.key, params.mac, body)),
  );

  app.delete(
    '/hosts/:key/macs/:mac',
    {
      schema: { summary: 'Take a MAC address away', params: MacKey, response: { 200: Host } },
      config: {
        scope: write,
        action: 'mac-removed',
        example: { params: { ...params, mac: '02:00:00:00:00:02' } },
      },
    },
    async ({ params, context }) => describeHost(context, await removeMac(context, params.key, params.mac)),
  );

  app.put(
    '/hosts/:key/image',
    {
      schema: {
        summary: 'The image that its tasks use',
        params: Key,
        body: ImageChoice,
        response: { 200: Host },
      },
      config: {
        scope: write,
        action: 'host-image-assigned',
        example: { params, body: { image: 'base' } },
      },
    },
    async ({ params, body, caller, context }) =>
      describeHost(context, await assignImage(context, params.key, body.image, caller.actor)),
  );

  app.post(
    '/hosts/:key/inventory',
    {
      schema: { summary: 'Order a hardware inventory', params: Key, response: { 200: Host } },
      config: { scope: 'tasks:write', action: 'task-ordered', example: { params } },
    },
    async ({ params, caller, context }) => {
      await createTask(context, { host: params.key, type: 'inventory' }, caller.actor);
      return describeHost(context, findHost(context, params.key));
    },
  );

  app.post(
    '/hosts/:key/cancel',
    {
      schema: { summary: 'Cancel the active task', params: Key, response: { 200: Host } },
      config: { scope: 'tasks:write', action: 'task-cancelled', example: { params: { key: 'lab-pc-02' } } },
    },
    async ({ params, caller, context }) =>
      describeHost(context, await cancelTask(context, params.key, caller.actor)),
  );
}
