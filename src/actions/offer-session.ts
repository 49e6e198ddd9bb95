import { createHash } from 'node:crypto';
import type { SessionKind } from '#domain/session.js';
import { storageOf } from '#domain/share.js';
import type { NewSession } from '#store/sessions.js';
import type { Context } from './context.js';

/** 128 bits: 32 characters on the kernel line. */
const TOKEN_BYTES = 16;
/** A machine that leaves its menu and comes back asks again; the script that it starts in the end may be an earlier one. */
const OFFERS_PER_MAC = 16;

export interface OfferedSession {
  readonly id: number;
  /** In clear only here and in the boot script. */
  readonly token: string;
  readonly kind: SessionKind;
  /** What it mounts. */
  readonly storage: { readonly host: string; readonly path: string };
}

export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token, 'latin1').digest();
}

/**
 * Makes the session of a boot script that is about to be handed out. Not synced: a server whose power fails is away for longer than the
 * machine takes to ask again.
 */
export async function offerSession(
  { store, sessions, settings, clock, random }: Context,
  session: Omit<NewSession, 'tokenHash' | 'createdAt'>,
): Promise<OfferedSession> {
  const token = random(TOKEN_BYTES).toString('hex');
  const now = clock.now();
  const id = await store.commitGrouped(() => {
    const added = sessions.add({ ...session, tokenHash: tokenHash(token), createdAt: now });
    sessions.keepOffers(session.mac, OFFERS_PER_MAC);
    return added;
  });
  return { id, token, kind: session.kind, storage: storageOf(settings.nfs, { ...session, id }) };
}
