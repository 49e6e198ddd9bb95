import { exportId, type Session } from '#domain/session.js';
import type { Context } from './context.js';

/**
 * Ends a session: from now on its token is good for nothing but the repetition of the same completion call, its export is gone and its NFS
 * root is removed. The state is durable first: what follows is repeated at the next start (`keep-images.ts`), should fogd be killed here.
 */
export async function endSession(context: Context, session: Session, reason: string): Promise<void> {
  const { store, sessions, clock } = context;
  await store.commit(() => sessions.ended(session.id, reason, clock.now()));
  await releaseSession(context, session);
}

/** Takes away the export and the NFS root of a session that is over. */
export async function releaseSession({ exports, imageStore }: Context, session: Session): Promise<void> {
  if (session.openedAt === null) return;
  await exports.close(exportId(session));
  await imageStore.removeRoot(session.id);
}
