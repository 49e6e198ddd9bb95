import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { importImages } from '#actions/import-images.js';
import {
  describeGenerations,
  listGenerations,
  rollbackImage,
  verifyImageAgain,
} from '#actions/manage-generations.js';
import {
  addImage,
  changeImage,
  describeImage,
  findImage,
  listImages,
  removeImage,
} from '#actions/manage-images.js';
import { imageShape } from '#actions/open-session.js';
import { GENERATION_SORTS } from '#store/generations.js';
import { IMAGE_SORTS } from '#store/images.js';
import { type ApiInstance, fields, KeyParam, listQuery, nullable, page, Time } from './route-types.js';

const ImageType = Type.Enum(['n', 'mps', 'mpa', 'dd']);
const State = Type.Enum(['received', 'published', 'verified', 'damaged']);
const Place = Type.Enum(['received', 'current', 'previous', 'gone']);

const imageFields = {
  id: Type.Integer(),
  name: Type.String(),
  path: Type.String({ description: 'Its folder.' }),
  type: ImageType,
  osId: Type.Integer(),
  format: Type.Integer(),
  compress: nullable(Type.Integer()),
  partitionType: Type.String(),
  enabled: Type.Boolean(),
  protected: Type.Boolean(),
  generation: Type.Integer({ description: 'How often it was captured.' }),
  capturedAt: nullable(Time),
  clientBytes: Type.Integer(),
  serverBytes: Type.Integer(),
  createdAt: Time,
  createdBy: Type.String(),
  capone: Type.Array(Type.String(), {
    description: 'DMI values of machines that get it without being hosts.',
  }),
  published: nullable(fields({ bytes: Type.Integer(), files: Type.Integer(), changedAt: Type.Number() })),
  state: nullable(State),
};
const Image = fields(imageFields, 'Image');
const ImageDetails = fields(
  {
    ...imageFields,
    partitions: nullable(
      Type.Array(
        fields({
          number: Type.Integer(),
          bytes: Type.Integer(),
          type: Type.String(),
          fileSystem: nullable(Type.String()),
          savedBytes: Type.Integer(),
        }),
      ),
    ),
  },
  'ImageDetails',
);
const Generation = fields(
  {
    id: Type.Integer(),
    number: Type.Integer(),
    state: State,
    place: Place,
    type: ImageType,
    osId: Type.Integer(),
    format: Type.Integer(),
    source: Type.String({ description: 'The host that it was captured from, or where else it came from.' }),
    publishedAt: Time,
    checkedAt: nullable(Time),
    clientBytes: Type.Integer(),
    serverBytes: Type.Integer(),
    reason: Type.String({ description: 'Why it is damaged.' }),
    deploys: Type.Array(fields({ taskId: Type.Integer(), host: Type.String(), finishedAt: Time })),
    percent: nullable(Type.Integer({ description: 'Of the reading back that is at work now.' })),
  },
  'Generation',
);
const { capone: _capone, published: _published, state: _state, ...plainFields } = imageFields;
const Imported = fields({
  folder: Type.String(),
  problem: Type.Optional(Type.String()),
  image: Type.Optional(fields(plainFields)),
  imported: Type.Optional(
    fields({
      type: ImageType,
      format: Type.Integer(),
      osId: Type.Integer(),
      fileSystems: Type.Array(Type.String()),
      files: Type.Integer(),
      bytes: Type.Integer(),
      clientBytes: Type.Integer(),
      warnings: Type.Array(Type.String(), { description: 'What a person should know.' }),
    }),
  ),
});
const Arriving = fields(
  {
    path: Type.String({ description: 'Its folder.' }),
    bytes: Type.Integer({ description: 'So far.' }),
    total: Type.Integer(),
  },
  'ArrivingImage',
);

const shape = {
  type: Type.Optional(ImageType),
  osId: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
  format: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
  compress: Type.Optional(Type.Integer({ minimum: 0, maximum: 22 })),
  protected: Type.Optional(Type.Boolean()),
};
const Query = listQuery(IMAGE_SORTS, {
  type: Type.Optional(ImageType),
  enabled: Type.Optional(Type.Boolean()),
  protected: Type.Optional(Type.Boolean()),
});
const GenerationQuery = listQuery(GENERATION_SORTS, {
  state: Type.Optional(State),
  place: Type.Optional(Place),
});
const New = fields({ name: Type.String(), path: Type.Optional(Type.String()), ...shape });
const Change = fields({
  ...shape,
  enabled: Type.Optional(Type.Boolean()),
  capone: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100 })),
});
const Import = fields({
  path: Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, on the server.' }),
  name: Type.Optional(Type.String()),
  osId: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
  all: Type.Optional(Type.Boolean({ description: 'All images in the folder.' })),
});
const Removal = fields({ files: Type.Optional(Type.Boolean({ description: 'Delete its files too.' })) });

const [read, write] = ['images:read', 'images:write'] as const;
const params = { key: 'base' };

/** Images: what there is, and what a task may do with it. */
export async function imageRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/images',
    {
      schema: {
        summary: 'List images, with what is on the disk',
        querystring: Query,
        response: { 200: page(Image) },
      },
      config: { scope: read, example: { query: { enabled: true, sort: '-serverBytes' } } },
    },
    ({ query }) => listImages(context, query),
  );

  app.post(
    '/images',
    {
      schema: { summary: 'Make an image', body: New, response: { 201: Image } },
      config: {
        scope: write,
        action: 'image-added',
        example: { body: { name: 'Ubuntu 24.04', type: 'n', osId: 50 } },
      },
    },
    async ({ body, caller, context }, reply) =>
      reply.code(201).send(await describeImage(context, await addImage(context, body, caller.actor))),
  );

  app.get(
    '/images/:key',
    {
      schema: {
        summary: 'One image, by name or folder, with its partitions',
        params: KeyParam,
        response: { 200: ImageDetails },
      },
      config: { scope: read, example: { params } },
    },
    async ({ params }) => {
      const image = findImage(context, params.key);
      return {
        ...(await describeImage(context, image)),
        partitions: (await context.imageStore.contents(imageShape(image))) ?? null,
      };
    },
  );

  app.patch(
    '/images/:key',
    {
      schema: { summary: 'Change what is named', params: KeyParam, body: Change, response: { 200: Image } },
      config: { scope: write, action: 'image-changed', example: { params, body: { protected: true } } },
    },
    async ({ params, body, caller, context }) =>
      describeImage(context, await changeImage(context, params.key, body, caller.actor)),
  );

  app.delete(
    '/images/:key',
    {
      schema: {
        summary: 'Forget an image',
        params: KeyParam,
        querystring: Removal,
        response: { 200: fields(plainFields) },
      },
      config: { scope: write, action: 'image-removed', outside: true, example: { params: { key: 'empty' } } },
    },
    ({ params, query, caller, context }) =>
      removeImage(context, params.key, { files: query.files ?? false }, caller.actor),
  );

  app.post(
    '/images/import',
    {
      schema: {
        summary: 'Take images that a FOG server wrote',
        body: Import,
        response: { 201: Type.Array(Imported) },
      },
      config: {
        scope: write,
        action: 'images-imported',
        outside: true,
        example: { body: { path: '/mnt/old-fog/images', all: true } },
      },
    },
    async ({ body, caller, context }, reply) =>
      reply.code(201).send(await importImages(context, body, caller.actor)),
  );

  app.get(
    '/images/import/arriving',
    {
      schema: {
        summary: 'How far those are that are being copied in now',
        response: { 200: Type.Array(Arriving) },
      },
      config: { scope: read, example: {} },
    },
    () => context.imageStore.importing(),
  );

  app.get(
    '/images/:key/generations',
    {
      schema: {
        summary: 'Captures of an image, newest first',
        params: KeyParam,
        querystring: GenerationQuery,
        response: { 200: page(Generation) },
      },
      config: { scope: read, example: { params, query: { place: 'current' } } },
    },
    ({ params, query }) => listGenerations(context, params.key, query),
  );

  app.post(
    '/images/:key/rollback',
    {
      schema: {
        summary: 'Bring back the generation before',
        params: KeyParam,
        response: { 200: Generation },
      },
      config: { scope: write, action: 'image-rolled-back', outside: true, example: { params } },
    },
    async ({ params, caller, context }) => {
      const current = await rollbackImage(context, params.key, caller.actor);
      const [told] = describeGenerations(context, [current]);
      if (!told) throw new Error(`generation ${current.id} has no description`);
      return told;
    },
  );

  app.post(
    '/images/:key/verify',
    {
      schema: {
        summary: 'Read all its files back again',
        params: KeyParam,
        response: { 200: Type.Array(Generation) },
      },
      config: { scope: write, action: 'image-verification-ordered', example: { params } },
    },
    async ({ params, caller, context }) =>
      describeGenerations(context, await verifyImageAgain(context, params.key, caller.actor)),
  );
}
