import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { addToken, listTokens, removeToken } from '#actions/manage-tokens.js';
import { GRANTS } from '#domain/token.js';
import { TOKEN_SORTS } from '#store/tokens.js';
import { type ApiInstance, fields, listQuery, NameParam, nullable, page, Time } from './route-types.js';

const tokenFields = {
  id: Type.Integer(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  createdAt: Time,
  createdBy: Type.String(),
  expiresAt: nullable(Time),
  lastUsedAt: nullable(Type.Integer({ description: 'Milliseconds since the epoch, to the minute.' })),
};
const Token = fields(tokenFields, 'Token');
const NewToken = fields({
  ...tokenFields,
  token: Type.String({ description: 'Told this one time.', pattern: '^fogd_' }),
});
/** ECMA-262, time values: no date is later. */
const LAST_MOMENT = 8_640_000_000_000_000;
const New = fields({
  name: Type.String({ maxLength: 64 }),
  scopes: Type.Array(Type.Enum([...GRANTS]), { minItems: 1, maxItems: GRANTS.length }),
  expiresAt: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LAST_MOMENT,
      description: 'Milliseconds since the epoch.',
    }),
  ),
});
const Query = listQuery(TOKEN_SORTS, {});

/** Tokens. Each is told once, and kept as a hash. */
export async function tokenRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/tokens',
    {
      schema: { summary: 'List tokens', querystring: Query, response: { 200: page(Token) } },
      config: { scope: 'tokens:read', example: { query: { sort: '-lastUsedAt' } } },
    },
    ({ query }) => listTokens(context, query),
  );

  app.post(
    '/tokens',
    {
      schema: {
        summary: 'Make a token, with no more scopes than the caller has',
        body: New,
        response: { 201: NewToken },
      },
      config: {
        scope: 'tokens:write',
        action: 'token-added',
        example: { body: { name: 'inventory-sync', scopes: ['tasks:write', 'hosts:read'] } },
      },
    },
    async ({ body, caller, context }, reply) => reply.code(201).send(await addToken(context, body, caller)),
  );

  app.delete(
    '/tokens/:name',
    {
      schema: { summary: 'Remove a token', params: NameParam, response: { 200: Token } },
      config: { scope: 'tokens:write', action: 'token-removed', example: { params: { name: 'monitoring' } } },
    },
    ({ params, context }) => removeToken(context, params.name),
  );
}
