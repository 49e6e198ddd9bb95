import type { TaskType } from './task-type.js';

/**
 * A boot session (design section 3): what one kernel line that fogd handed out entitles to. FOS builds every call from `web=` and mounts
 * `storage=` as it stands, so an unmodified client carries the session's token and gets an NFS root of its own.
 */

/** What its NFS root holds: an image to read, an empty folder to write a capture or recovered files, or just the admin's scripts. */
export type SessionKind = 'deploy' | 'capture' | 'recovery' | 'plain';

/** `offered`: in a boot script. `open`: FOS has said HEAD, the export is there. `ended`: good for nothing but a repeated completion. */
export type SessionState = 'offered' | 'open' | 'ended';

export interface Session {
  readonly id: number;
  readonly kind: SessionKind;
  readonly state: SessionState;
  /** The MAC that asked for the boot script; a name, not a proof. */
  readonly mac: string;
  readonly hostId: number | null;
  readonly taskId: number | null;
  /** What a session without a task deploys: to a machine that is no host (FOG's quick deploy). */
  readonly imageId: number | null;
  /** Address of this server that the machine reached; it stands in `storage=`. */
  readonly serverIp: string;
  /** Address of FOS, known from its HEAD on; it may differ from iPXE's. */
  readonly address: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly openedAt: number | null;
  readonly seenAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string;
}

/** How long an ended session still answers the *same completion call*: FOS repeats it when the answer was lost (spec 3.8). */
export const REPEAT_MS = 86_400_000;
/** A boot script that nobody started for this long is forgotten. */
export const OFFER_MS = 3_600_000;

export function sessionKind(type: TaskType | undefined): SessionKind {
  if (type?.writesShare) return 'recovery';
  return type?.imaging ?? 'plain';
}

/** FOS may write into its share. */
export function isWritable(kind: SessionKind): boolean {
  return kind === 'capture' || kind === 'recovery';
}

/** The NFS path in `storage=`, without the trailing slash that FOG's own has. */
export function sessionPseudo({ id, kind }: Pick<Session, 'id' | 'kind'>): string {
  // FOS shows the free space of a path with `dev` in it (spec 11.8 no. 2). The number comes last: NFSv4 hides an export from strangers, but
  // not the folders above it.
  return isWritable(kind) ? `/t/dev/${id}` : `/t/${id}`;
}

/** ganesha takes 1 to 65535; numbers come again only after as many sessions. */
const SESSION_EXPORTS = 65_000;

export function exportId({ id }: Pick<Session, 'id'>): number {
  return ((id - 1) % SESSION_EXPORTS) + 1;
}

/** Numbers of the exports of all machines, where sessions have none of their own. */
export const OPEN_EXPORTS = { images: SESSION_EXPORTS + 1, dev: SESSION_EXPORTS + 2 } as const;
