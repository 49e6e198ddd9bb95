import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { endSessionById, findSession, listSessions } from '#actions/manage-sessions.js';
import { SESSION_SORTS } from '#store/sessions.js';
import {
  type ApiInstance,
  fields,
  IdParam,
  listQuery,
  nullable,
  page,
  Time,
  withMac,
} from './route-types.js';

const State = Type.Enum(['offered', 'open', 'ended']);
const Kind = Type.Enum(['deploy', 'capture', 'recovery', 'plain']);
const Session = fields(
  {
    id: Type.Integer(),
    kind: Kind,
    state: State,
    mac: Type.String(),
    hostId: nullable(Type.Integer()),
    host: nullable(Type.String()),
    taskId: nullable(Type.Integer()),
    imageId: nullable(Type.Integer()),
    image: nullable(Type.String()),
    serverIp: Type.String(),
    address: nullable(Type.String({ description: 'Of the imaging environment.' })),
    createdAt: Time,
    openedAt: nullable(Time),
    seenAt: nullable(Time),
    endedAt: nullable(Time),
    endReason: Type.String(),
  },
  'Session',
);
const Query = listQuery(SESSION_SORTS, {
  state: Type.Optional(State),
  kind: Type.Optional(Kind),
  mac: Type.Optional(Type.String({ maxLength: 20 })),
  host: Type.Optional(Type.String({ maxLength: 64 })),
});

/** Boot sessions, without their tokens. */
export async function sessionRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/sessions',
    {
      schema: {
        summary: 'List boot sessions, newest first',
        querystring: Query,
        response: { 200: page(Session) },
      },
      config: { scope: 'sessions:read', example: { query: { state: 'open' } } },
    },
    ({ query }) => listSessions(context, withMac(query)),
  );

  app.get(
    '/sessions/:id',
    {
      schema: { summary: 'One boot session', params: IdParam, response: { 200: Session } },
      config: { scope: 'sessions:read', example: { params: { id: 1 } } },
    },
    ({ params }) => findSession(context, params.id),
  );

  app.post(
    '/sessions/:id/end',
    {
      schema: {
        summary: 'Take its share away; its task stays',
        params: IdParam,
        response: { 200: Session },
      },
      config: { scope: 'sessions:write', action: 'session-ended', example: { params: { id: 1 } } },
    },
    ({ params, caller, context }) => endSessionById(context, params.id, caller.actor),
  );
}
