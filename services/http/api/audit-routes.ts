import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { AUDIT_SORTS } from '#store/audit.js';
import { type ApiInstance, fields, listQuery, page, Time } from './route-types.js';

const Entry = fields(
  {
    id: Type.Integer(),
    at: Time,
    actor: Type.String({ description: 'cli, or token: and its name.' }),
    action: Type.String(),
    subject: Type.String(),
    summary: Type.String({ description: 'What was asked for, without secrets.' }),
    outcome: Type.Enum(['begun', 'done', 'failed'], {
      description: 'begun: not in the store alone, and not ended, or interrupted.',
    }),
  },
  'AuditEntry',
);
const Query = listQuery(AUDIT_SORTS, {
  actor: Type.Optional(Type.String({ maxLength: 64 })),
  action: Type.Optional(Type.String({ maxLength: 64 })),
  since: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch.' })),
});

/** Who changed what; nobody changes that. */
export async function auditRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/audit',
    {
      schema: {
        summary: 'Who changed what, newest first',
        querystring: Query,
        response: { 200: page(Entry) },
      },
      config: { scope: 'audit:read', example: { query: { actor: 'cli', action: 'host-added' } } },
    },
    ({ query }) => context.audit.page(query),
  );
}
