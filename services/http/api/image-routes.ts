import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { importImages } from '#actions/import-images.js';
import { describeGenerations, rollbackImage, verifyImageAgain } from '#actions/manage-generations.js';
import { addImage, changeImage, describeImage, findImage, removeImage } from '#actions/manage-images.js';
import { imageShape } from '#actions/open-session.js';
import type { Generation } from '#domain/generation.js';
import type { Image } from '#domain/image.js';
import { ACTOR } from './actor.js';

const Key = Type.Object({ key: Type.String({ minLength: 1, maxLength: 64 }) });
const shape = {
  type: Type.Optional(Type.Enum(['n', 'mps', 'mpa', 'dd'])),
  osId: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
  format: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
  compress: Type.Optional(Type.Integer({ minimum: 0, maximum: 22 })),
  protected: Type.Optional(Type.Boolean()),
};

/** Images: what there is, and what a task may do with it. */
export async function imageRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const view = async (image: Image) => {
    const { published, capone, state } = await describeImage(context, image);
    return { ...image, capone, published, state };
  };
  const generation = <T extends Generation>({ inode: _, imageId: __, ...shown }: T) => ({
    ...shown,
    percent: context.verifying.get(shown.id) ?? null,
  });

  app.get('/images', () => Promise.all(context.images.list().map(view)));

  app.post(
    '/images',
    {
      schema: {
        body: Type.Object(
          { name: Type.String(), path: Type.Optional(Type.String()), ...shape },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }, reply) => reply.code(201).send(await view(await addImage(context, body, ACTOR))),
  );

  app.get('/images/:key', { schema: { params: Key } }, async ({ params }) => {
    const image = findImage(context, params.key);
    return {
      ...(await view(image)),
      partitions: (await context.imageStore.contents(imageShape(image))) ?? null,
    };
  });

  app.patch(
    '/images/:key',
    {
      schema: {
        params: Key,
        body: Type.Object(
          {
            ...shape,
            enabled: Type.Optional(Type.Boolean()),
            capone: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100 })),
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ params, body }) => view(await changeImage(context, params.key, body, ACTOR)),
  );

  app.post(
    '/images/import',
    {
      schema: {
        body: Type.Object(
          {
            path: Type.String({ minLength: 1, maxLength: 4096 }),
            name: Type.Optional(Type.String()),
            osId: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
            all: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }, reply) => reply.code(201).send(await importImages(context, body, ACTOR)),
  );

  app.get('/images/:key/generations', { schema: { params: Key } }, ({ params }) =>
    describeGenerations(context, params.key).map(generation),
  );

  app.post('/images/:key/rollback', { schema: { params: Key } }, async ({ params }) =>
    generation(await rollbackImage(context, params.key, ACTOR)),
  );

  app.post('/images/:key/verify', { schema: { params: Key } }, async ({ params }) =>
    (await verifyImageAgain(context, params.key, ACTOR)).map(generation),
  );

  app.delete(
    '/images/:key',
    {
      schema: {
        params: Key,
        querystring: Type.Object({ files: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      },
    },
    ({ params, query }) => removeImage(context, params.key, { files: query.files ?? false }, ACTOR),
  );
}
