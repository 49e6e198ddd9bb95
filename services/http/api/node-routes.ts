import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describeNode, enableNode, findNode } from '#actions/manage-storage-nodes.js';
import { pageOf } from '#store/page.js';
import { type ApiInstance, fields, listQuery, NameParam, page } from './route-types.js';

const Node = fields(
  {
    id: Type.Integer(),
    name: Type.String(),
    group: Type.String(),
    isMaster: Type.Boolean(),
    enabled: Type.Boolean(),
    maxClients: Type.Integer(),
    used: Type.Integer({ description: 'Machines that are deployed to.' }),
    waiting: Type.Integer({ description: 'Machines that wait for a slot.' }),
  },
  'StorageNode',
);
const Change = fields({ enabled: Type.Boolean() });
const Query = listQuery(['id', 'name'], {});

const params = { name: 'DefaultMember' };

/** Storage nodes. */
export async function nodeRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/nodes',
    {
      schema: {
        summary: 'List storage nodes with their slots',
        querystring: Query,
        response: { 200: page(Node) },
      },
      config: { scope: 'nodes:read', example: { query: { q: 'default' } } },
    },
    ({ query }) => {
      const { items, total } = pageOf(
        context.storageNodes.list(),
        query,
        { id: ({ id }) => id, name: ({ name }) => name },
        ({ name, group }) => `${name} ${group}`,
      );
      return { items: items.map((node) => describeNode(context, node)), total };
    },
  );

  app.get(
    '/nodes/:name',
    {
      schema: { summary: 'One storage node', params: NameParam, response: { 200: Node } },
      config: { scope: 'nodes:read', example: { params } },
    },
    ({ params }) => describeNode(context, findNode(context, params.name)),
  );

  app.patch(
    '/nodes/:name',
    {
      schema: {
        summary: 'Whether it begins deploys and captures',
        params: NameParam,
        body: Change,
        response: { 200: Node },
      },
      config: {
        scope: 'nodes:write',
        action: 'node-changed',
        example: { params, body: { enabled: false } },
      },
    },
    async ({ params, body, context }) =>
      describeNode(context, await enableNode(context, params.name, body.enabled)),
  );
}
