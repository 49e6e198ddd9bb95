import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describeNode, enableNode, findNode } from '#actions/manage-storage-nodes.js';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });

/** Storage nodes. */
export async function nodeRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get('/nodes', () => context.storageNodes.list().map((node) => describeNode(context, node)));

  app.get('/nodes/:name', { schema: { params: Name } }, ({ params }) =>
    describeNode(context, findNode(context, params.name)),
  );

  const Change = Type.Object({ enabled: Type.Boolean() }, { additionalProperties: false });
  app.patch('/nodes/:name', { schema: { params: Name, body: Change } }, async ({ params, body }) =>
    describeNode(context, await enableNode(context, params.name, body.enabled)),
  );
}
