import type { Page } from '#store/page.js';
import type { SessionQuery, SessionRecord } from '#store/sessions.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import { actionErrors } from './errors.js';

/** Boot sessions as people see them; their tokens are known to nobody but the machine. */

export function listSessions({ sessions }: Context, query: SessionQuery): Page<SessionRecord> {
  return sessions.page(query);
}

/** Throws SESSION_UNKNOWN. */
export function findSession({ sessions }: Context, id: number): SessionRecord {
  const session = sessions.record(id);
  if (!session) throw actionErrors.SESSION_UNKNOWN({ id });
  return session;
}

/** Takes the export away: a machine at work stops within seconds. Its task stays. Throws SESSION_UNKNOWN, SESSION_OVER. Resolves when durable. */
export async function endSessionById(context: Context, id: number, actor: string): Promise<SessionRecord> {
  const session = findSession(context, id);
  if (session.state === 'ended') throw actionErrors.SESSION_OVER({ id });
  await endSession(context, session, `ended by ${actor}`);
  return findSession(context, id);
}
