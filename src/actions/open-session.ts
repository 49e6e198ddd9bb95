import { primaryMac } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { exportId, isWritable, OPEN_EXPORTS, type Session, sessionPseudo } from '#domain/session.js';
import { DEV, OPEN_FOLDER, sharedBy } from '#domain/share.js';
import { TaskState } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { ImageShape } from '#images/image-store.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import type { SessionExport } from './export-door.js';
import { tokenHash } from './offer-session.js';

/** A session as its token finds it; ended ones too, since FOS repeats a completion call whose answer was lost. */
export function sessionOf({ sessions }: Context, token: string): Session | undefined {
  return /^[0-9a-f]{32}$/.test(token) ? sessions.byToken(tokenHash(token)) : undefined;
}

export type Opening =
  | { readonly kind: 'open'; readonly session: Session }
  /** Its NFS root is not there; `reason` is for the client's screen. A client without a share still registers. */
  | { readonly kind: 'without-share'; readonly session: Session; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string };

/** Calls of one session wait for each other: FOS says HEAD once per try and per interface (spec 11.1). */
const openings = new WeakMap<Context, Map<number, Promise<unknown>>>();

/**
 * The first sign of life of FOS (design section 3): binds the session to FOS's address, prepares its NFS root and opens its export before
 * the HEAD is answered. Repeatable, and follows a changed address. A machine has one open session: its earlier ones end.
 */
export async function openSession(context: Context, token: string, address: string): Promise<Opening> {
  const session = sessionOf(context, token);
  if (!session) return { kind: 'dead', reason: 'this boot session is not known; start the machine again' };
  return openKnown(context, session, address);
}

/** The same, where the session was found otherwise. */
export async function openKnown(context: Context, session: Session, address: string): Promise<Opening> {
  if (session.state === 'ended')
    return { kind: 'dead', reason: `this boot session has ended (${session.endReason})` };
  const running = openings.get(context) ?? new Map<number, Promise<unknown>>();
  openings.set(context, running);
  const before = running.get(session.id) ?? Promise.resolve();
  const work = before.then(() => open(context, session, address));
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  running.set(session.id, settled);
  try {
    return await work;
  } finally {
    if (running.get(session.id) === settled) running.delete(session.id);
  }
}

async function open(context: Context, known: Session, address: string): Promise<Opening> {
  const { store, sessions, clock } = context;
  for (const other of sessions.liveOfMac(known.mac)) {
    if (other.id !== known.id && other.state === 'open')
      await endSession(context, other, 'the machine booted again');
  }
  const session = await store.commit(() => {
    const now = sessions.byId(known.id);
    if (!now || now.state === 'ended') return undefined;
    // FOS says HEAD once per try and per interface: an attempt is counted by its session (spec 11.1).
    if (now.openedAt === null && now.taskId !== null) attempt(context, now.taskId);
    sessions.opened(known.id, address, clock.now());
    return sessions.byId(known.id);
  });
  if (!session) return { kind: 'dead', reason: 'this boot session has ended' };
  try {
    await prepareRoot(context, session);
    const entry = sessionExport(context, session);
    if (entry) await context.exports.open(entry);
    const trouble = entry ? undefined : context.exports.trouble();
    return trouble === undefined
      ? { kind: 'open', session }
      : { kind: 'without-share', session, reason: trouble };
  } catch (error) {
    return { kind: 'without-share', session, reason: messageOf(error) };
  }
}

/** Only imaging is begun by its check-in: most other orders of FOS have none (spec 2.3). */
function attempt({ tasks, clock }: Context, taskId: number): void {
  tasks.attempted(taskId);
  const task = tasks.byId(taskId);
  if (task?.state !== TaskState.queued || taskType(task.typeId)?.imaging) return;
  const at = clock.now();
  tasks.move(taskId, { state: TaskState.inProgress, at, actor: 'fos', reason: 'the machine began it' });
  tasks.started(taskId, at);
}

async function prepareRoot(context: Context, session: Session): Promise<void> {
  const { imageStore, images, tasks, hosts } = context;
  const task = session.taskId === null ? undefined : tasks.byId(session.taskId);
  const imageId = task?.imageId ?? session.imageId;
  const image = imageId === null ? undefined : images.byId(imageId);
  const host = session.hostId === null ? undefined : hosts.byId(session.hostId);
  if (session.kind === 'deploy' && image) {
    const { inode } = await imageStore.openDeployRoot(session.id, imageShape(image));
    if (task && inode !== undefined) await noteGeneration(context, task.id, image.id, inode);
  } else if (session.kind === 'capture' && host)
    await imageStore.openCaptureRoot(session.id, primaryMac(host));
  else if (session.kind === 'recovery') await imageStore.openRecoveryRoot(session.id);
  else await imageStore.openPlainRoot(session.id);
}

/** Which generation a deploy writes: should that one be found damaged, its hosts are known. */
async function noteGeneration(
  { store, generations }: Context,
  taskId: number,
  imageId: number,
  inode: string,
): Promise<void> {
  const given = generations.list(imageId).find((one) => one.place !== 'gone' && one.inode === inode);
  if (given) await store.commit(() => generations.given(taskId, given.id));
}

export function imageShape({ path, type, format, osId, partitionType }: Image): ImageShape {
  return { path, type, format, osId, partitionType };
}

/** Undefined for a session that is not bound to an address yet, and where sessions have no exports of their own. */
export function sessionExport(
  { imageStore, settings }: Context,
  session: Session,
): SessionExport | undefined {
  if (session.address === null || sharedBy(settings.nfs) !== undefined) return undefined;
  return {
    id: exportId(session),
    folder: imageStore.rootFolder(session.id),
    pseudo: sessionPseudo(session),
    access: isWritable(session.kind) ? 'RW' : 'RO',
    client: session.address,
  };
}

/** What the NFS server must show: the exports of all open sessions, or the two that all machines share. */
export function openExports(context: Context): SessionExport[] {
  const { imageStore, settings } = context;
  if (sharedBy(settings.nfs) === 'own') {
    const { root, dev } = imageStore.sharedFolders();
    return [
      { id: OPEN_EXPORTS.images, folder: root, pseudo: OPEN_FOLDER, access: 'RO', client: null },
      { id: OPEN_EXPORTS.dev, folder: dev, pseudo: `${OPEN_FOLDER}/${DEV}`, access: 'RW', client: null },
    ];
  }
  return context.sessions.open().flatMap((session) => sessionExport(context, session) ?? []);
}
