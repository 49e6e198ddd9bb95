import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addMenuEntry, changeMenuEntry, removeMenuEntry } from '#actions/manage-menu.js';
import { pageOf } from '#store/page.js';
import { type ApiInstance, fields, listQuery, NameParam, page, secret } from './route-types.js';

const Entry = fields(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Type.String(),
    shownTo: Type.String(),
    action: Type.String({ description: 'What choosing it does.' }),
    argument: Type.String({ description: 'Kernel words, or iPXE lines.' }),
    hotKey: Type.String(),
    isDefault: Type.Boolean(),
    enabled: Type.Boolean(),
  },
  'MenuEntry',
);
const changeable = {
  shownTo: Type.Optional(Type.Enum(['unregistered', 'registered', 'all', 'debug', 'pending'])),
  hotKey: Type.Optional(Type.String({ maxLength: 10 })),
  isDefault: Type.Optional(Type.Boolean()),
  enabled: Type.Optional(Type.Boolean()),
};
const Description = Type.String({ minLength: 1, maxLength: 100 });
const New = fields({
  name: Type.String({ maxLength: 64 }),
  description: Description,
  kernelArgs: Type.Optional(Type.String({ maxLength: 500 })),
  // It may log in somewhere: not for the audit log.
  script: Type.Optional(secret(4000)),
  ...changeable,
});
const Change = fields({ description: Type.Optional(Description), ...changeable });
const SORTS = ['id', 'name'] as const;
const Query = listQuery(SORTS, {});

const params = { name: 'netboot' };

/** The boot menu. */
export async function menuRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/menu',
    {
      schema: { summary: 'Entries of the boot menu', querystring: Query, response: { 200: page(Entry) } },
      config: { scope: 'menu:read', example: { query: { q: 'fog.' } } },
    },
    ({ query }) =>
      pageOf(
        context.menu.list(),
        query,
        { id: ({ id }) => id, name: ({ name }) => name },
        ({ name, description }) => `${name} ${description}`,
      ),
  );

  app.post(
    '/menu',
    {
      schema: {
        summary: 'Make an entry, of kernel words or of iPXE lines',
        body: New,
        response: { 201: Entry },
      },
      config: {
        scope: 'menu:write',
        action: 'menu-entry-added',
        example: {
          body: { name: 'rescue', description: 'Rescue system', script: 'chain http://boot.example/rescue' },
        },
      },
    },
    async ({ body, context }, reply) => reply.code(201).send(await addMenuEntry(context, body)),
  );

  app.patch(
    '/menu/:name',
    {
      schema: { summary: 'Change what is named', params: NameParam, body: Change, response: { 200: Entry } },
      config: {
        scope: 'menu:write',
        action: 'menu-entry-changed',
        example: { params, body: { hotKey: 'F8' } },
      },
    },
    ({ params, body, context }) => changeMenuEntry(context, params.name, body),
  );

  app.delete(
    '/menu/:name',
    {
      schema: {
        summary: 'Remove an entry; one of those that are always there becomes what it was',
        params: NameParam,
        response: { 200: Entry },
      },
      config: { scope: 'menu:write', action: 'menu-entry-removed', example: { params } },
    },
    ({ params, context }) => removeMenuEntry(context, params.name),
  );
}
