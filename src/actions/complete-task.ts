import { keepsPrevious } from '#domain/generation.js';
import { type Host, primaryMac } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { exportId, REPEAT_MS, type Session } from '#domain/session.js';
import { sharedBy } from '#domain/share.js';
import { nextState, type Task, TaskState } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { endSession, releaseSession } from './end-session.js';
import { dropReceived, notePublished, noteReceived, settlePlaces } from './generations.js';
import { imageShape } from './open-session.js';
import { type Caller, callerSession, sessionTask } from './session-task.js';

export type Completion =
  | {
      readonly kind: 'done';
      readonly host: Host;
      readonly task: Task;
      readonly image?: Image;
      readonly files?: number;
      readonly bytes?: number;
      /** What a person should know of a published capture. */
      readonly warnings: readonly string[];
      /** From the go to the end. */
      readonly milliseconds: number;
    }
  /** The same completion once more: FOS repeats it when the answer was lost. Nothing changed. */
  | { readonly kind: 'repeated'; readonly task: Task }
  /** What was captured is not a whole image: the task has failed, the old generation is untouched. */
  | { readonly kind: 'damaged'; readonly task: Task; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** FOS asks up to eleven times without a pause: a call that comes while the first is at work waits for its answer. */
const running = new WeakMap<Context, Map<number, Promise<Completion>>>();

/** FOS says that its task is complete (spec fos-protocol 3.8). A capture is published before the answer. Resolves when durable. */
export async function completeTask(
  context: Context,
  caller: Caller,
  type: string | undefined,
): Promise<Completion> {
  const session = callerSession(context, caller);
  if (typeof session === 'string') return { kind: 'refused', reason: session };
  const calls = running.get(context) ?? new Map<number, Promise<Completion>>();
  running.set(context, calls);
  const known = calls.get(session.id);
  if (known) return known;
  const work = complete(context, caller, type).finally(() => calls.delete(session.id));
  calls.set(session.id, work);
  return work;
}

async function complete(context: Context, caller: Caller, type: string | undefined): Promise<Completion> {
  const found = sessionTask(context, caller, type);
  if (found.kind === 'none') {
    const { task, reason } = found;
    const isRepeat =
      task?.state === TaskState.complete && context.clock.now() - (task.finishedAt ?? 0) < REPEAT_MS;
    return isRepeat ? { kind: 'repeated', task } : { kind: 'refused', reason };
  }
  const { session, host, task, image } = found;
  if (taskType(task.typeId)?.imaging && task.state !== TaskState.inProgress)
    return { kind: 'refused', reason: `task ${task.id} has not begun: it did not check in` };
  if (session.kind === 'capture') {
    if (!image) return { kind: 'refused', reason: 'the image of this task was removed' };
    return publishCapture(context, session, host, task, image);
  }
  return finish(context, session, host, task, image);
}

async function publishCapture(
  context: Context,
  session: Session,
  host: Host,
  task: Task,
  image: Image,
): Promise<Completion> {
  const { store, images, generations, exports, imageStore, settings, clock } = context;
  // First of all nothing may change any more under what is about to be checked (spec 11.8 no. 5).
  await exports.close(exportId(session));
  const mac = primaryMac(host);
  const shape = imageShape(image);
  try {
    if (images.byId(image.id)?.protected)
      return await fail(context, session, task, `the image ${image.name} was protected meanwhile`);
    // A publish that an error broke off was written down before.
    let entry = images.journal().find(({ sessionId }) => sessionId === session.id);
    const warnings = await imageStore.publish(session.id, mac, shape, {
      keepsPrevious: keepsPrevious(generations.list(image.id)),
      // Where deploys read the image's own folder it comes into its place when none does (keep-generations.ts).
      waits: settings.images.require_verified || sharedBy(settings.nfs) !== undefined,
      begin: async (begun) => {
        entry = begun;
        await store.commit(() => images.beginPublish(begun, clock.now()));
      },
    });
    if (!entry) throw new Error(`the publish of session ${session.id} was not written down`);
    const { inode, serverBytes, clientBytes, waits } = entry;
    const there = await (waits ? imageStore.received(entry) : imageStore.published(image.path));
    const captured = { bytes: serverBytes, clientBytes, inode, waits, files: there?.files ?? 0, warnings };
    return await finish(context, session, host, task, image, captured);
  } catch (error) {
    // What has been written down is finished by the next call, or by the next start; only a capture that is lost is beyond that.
    const isBegun = images.journal().some(({ sessionId }) => sessionId === session.id);
    if (isBegun && (error as { code?: unknown }).code !== 'CAPTURE_LOST')
      return { kind: 'refused', reason: messageOf(error) };
    return fail(context, session, task, messageOf(error));
  }
}

/** A refusal is final: FOS gives up after ten calls, and nothing would become better by the eleventh. */
async function fail(context: Context, session: Session, task: Task, reason: string): Promise<Completion> {
  const { store, tasks, images, clock } = context;
  await store.commit(() => {
    const now = tasks.byId(task.id);
    const state = now && nextState(now.state, 'fail');
    if (state !== undefined) tasks.move(task.id, { state, at: clock.now(), actor: 'fogd', reason });
    images.endPublish(session.id);
  });
  await endSession(context, session, 'the task failed');
  return { kind: 'damaged', task, reason };
}

async function finish(
  context: Context,
  session: Session,
  host: Host,
  task: Task,
  image: Image | undefined,
  captured?: {
    readonly bytes: number;
    readonly clientBytes: number;
    readonly inode: string;
    readonly waits: boolean;
    readonly files: number;
    readonly warnings: readonly string[];
  },
): Promise<Completion> {
  const { store, tasks, hosts, images, sessions, clients, clientSessions, clock } = context;
  const now = clock.now();
  const done = await store.commit(() => {
    const current = tasks.byId(task.id);
    const state = current && nextState(current.state, 'complete');
    if (state === undefined) return false;
    tasks.move(task.id, { state, at: now, actor: 'fos', reason: 'the machine completed it' });
    if (session.kind === 'deploy') {
      hosts.deployed(host.id, now);
      // The system that wakes up in it has lost its FOG Client's token, or has another machine's (spec client-protocol 2.7).
      clients.forgetTrust(host.id);
    }
    if (captured && image) {
      const { inode, clientBytes, bytes: serverBytes } = captured;
      const capture = { inode, clientBytes, serverBytes, source: host.name, at: now };
      // The journal keeps one that waits until it is in its place.
      if (captured.waits) noteReceived(context, image, capture);
      else {
        notePublished(context, image, capture);
        images.endPublish(session.id);
      }
    }
    sessions.ended(session.id, 'its task is complete', now);
    return true;
  });
  if (!done) return { kind: 'refused', reason: `task ${task.id} is over` };
  if (session.kind === 'deploy') clientSessions.end(host.id);
  if (captured && image) {
    await dropReceived(context, image, captured.inode);
    await settlePlaces(context, image);
  }
  await releaseSession(context, session);
  return {
    kind: 'done',
    host,
    task,
    milliseconds: now - (task.startedAt ?? now),
    warnings: captured?.warnings ?? [],
    ...(image ? { image } : {}),
    ...(captured ? { files: captured.files, bytes: captured.bytes } : {}),
  };
}
