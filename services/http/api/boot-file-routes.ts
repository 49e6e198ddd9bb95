import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { actionErrors } from '#actions/errors.js';
import {
  addBootFiles,
  chooseBootFileVersion,
  listBootFiles,
  removeBootFile,
  verifyBootFiles,
} from '#actions/manage-boot-files.js';
import { OWNER } from '#actions/manage-tokens.js';
import { BOOT_FILE_SORTS } from '#store/boot-files.js';
import { type ApiInstance, fields, listQuery, nullable, page, Time } from './route-types.js';

const BootFile = fields(
  {
    name: Type.String(),
    version: Type.String(),
    sha256: Type.String(),
    size: Type.Integer(),
    addedAt: Time,
    addedBy: Type.String(),
    source: Type.String({ description: 'Folder, file or URL that it came from.' }),
    isDefault: Type.Boolean({ description: 'Machines get it that name no version.' }),
    hosts: Type.Array(Type.String(), { description: 'Those that name this version.' }),
  },
  'BootFile',
);
const Version = fields({
  name: Type.String({ minLength: 1, maxLength: 260 }),
  version: Type.String({ minLength: 1, maxLength: 30 }),
});
const Add = fields({
  source: Type.String({
    minLength: 1,
    maxLength: 2000,
    description: 'An http or https URL; on the control socket also a folder or file on the server.',
  }),
  version: Type.Optional(Type.String({ maxLength: 30 })),
  name: Type.Optional(Type.String({ maxLength: 260 })),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{64}$' })),
  keepDefault: Type.Optional(Type.Boolean()),
});
const Arriving = fields(
  {
    name: Type.String(),
    version: Type.String(),
    bytes: Type.Integer({ description: 'So far.' }),
    total: nullable(Type.Integer({ description: 'null: who sends it did not say.' })),
  },
  'ArrivingBootFile',
);
const Checked = fields({
  name: Type.String(),
  version: Type.String(),
  verdict: Type.Enum(['ok', 'damaged', 'missing']),
});
const Query = listQuery(BOOT_FILE_SORTS, { name: Type.Optional(Type.String({ maxLength: 260 })) });

const [read, write] = ['boot-files:read', 'boot-files:write'] as const;

/** Boot files that fogd keeps. Names have slashes, so they stand in bodies and queries. */
export async function bootFileRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/boot-files',
    {
      schema: {
        summary: 'Kernel, init and boot loaders that fogd keeps',
        querystring: Query,
        response: { 200: page(BootFile) },
      },
      config: { scope: read, example: { query: { name: 'bzImage' } } },
    },
    ({ query }) => listBootFiles(context, query),
  );

  app.post(
    '/boot-files',
    {
      schema: {
        summary: 'Take them from a folder, file or URL',
        body: Add,
        response: { 201: Type.Array(BootFile) },
      },
      config: {
        scope: write,
        action: 'boot-files-added',
        outside: true,
        example: { body: { source: 'https://files.example/bzImage', version: '6.12.2', keepDefault: true } },
      },
    },
    async ({ body, caller, context }, reply) => {
      // Boot files are served to everybody: who may only use the API must not publish any file of the server.
      if (caller !== OWNER && !/^https?:\/\//i.test(body.source))
        throw actionErrors.BOOT_FILE_SOURCE_BAD({
          source: body.source,
          reason: 'over the network only http and https URLs are taken',
        });
      return reply.code(201).send(await addBootFiles(context, body, caller.actor));
    },
  );

  app.get(
    '/boot-files/arriving',
    {
      schema: {
        summary: 'How far those are that are being taken in now',
        response: { 200: Type.Array(Arriving) },
      },
      config: { scope: read, example: {} },
    },
    () => context.arrivals.list(),
  );

  app.post(
    '/boot-files/verify',
    {
      schema: { summary: 'Read every file again', response: { 200: Type.Array(Checked) } },
      config: { scope: write, action: 'boot-files-verified', outside: true, example: {} },
    },
    ({ context }) => verifyBootFiles(context),
  );

  app.put(
    '/boot-files/default',
    {
      schema: {
        summary: 'What machines get that name no version',
        body: Version,
        response: { 200: BootFile },
      },
      config: {
        scope: write,
        action: 'boot-file-default-chosen',
        outside: true,
        example: { body: { name: 'bzImage', version: '6.12.0' } },
      },
    },
    ({ body, caller, context }) => chooseBootFileVersion(context, body.name, body.version, caller.actor),
  );

  app.delete(
    '/boot-files',
    {
      schema: { summary: 'Delete a version', querystring: Version, response: { 200: BootFile } },
      config: {
        scope: write,
        action: 'boot-file-removed',
        outside: true,
        example: { query: { name: 'bzImage', version: '6.12.0' } },
      },
    },
    ({ query, context }) => removeBootFile(context, query.name, query.version),
  );
}
