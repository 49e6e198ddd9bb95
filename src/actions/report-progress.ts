import type { Image } from '#domain/image.js';
import { continued, type Progress, parseProgress } from '#domain/progress.js';
import { type Task, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { type Caller, callerSession, taskOf } from './session-task.js';

const WRITE_EVERY_MS = 1_000;

export interface ProgressReport {
  /** None for a quick deploy, which has no task. */
  readonly task?: Task;
  readonly image: Image | undefined;
  /** Undefined for an empty status, which is a sign of life. */
  readonly progress: Progress | undefined;
}

/**
 * A status line of an imaging client (spec fos-protocol 4.5). Undefined when it changes nothing: a client goes on reporting through the
 * minute after a fatal error, and must not revive its task (spec 11.4).
 */
export async function reportProgress(
  context: Context,
  caller: Caller,
  line: string,
): Promise<ProgressReport | undefined> {
  const { store, tasks, sessions, images, clock } = context;
  const session = callerSession(context, caller);
  if (typeof session === 'string') return undefined;
  // A quick deploy has no task and no completion: its reports keep it alive (design section 3).
  if (session.state === 'open' && session.imageId !== null) {
    const now = clock.now();
    await store.commitGrouped(() => sessions.seen(session.id, now));
    return { image: images.byId(session.imageId), progress: parseProgress(line, now) };
  }
  // `type` is not in this call; the session knows.
  const found = taskOf(context, session, session.kind === 'capture' ? 'up' : 'down');
  if (found.kind !== 'active' || found.task.state !== TaskState.inProgress) return undefined;
  const { task, image } = found;
  const now = clock.now();
  const report = parseProgress(line, now);
  const progress = report && continued(task.progress, report);
  // FOS reports every three seconds; who reports faster costs no write for it.
  const written = progress ? (task.progress?.at ?? 0) : (task.seenAt ?? 0);
  if (now - written < WRITE_EVERY_MS) return { task, image, progress };
  await store.commitGrouped(() => {
    if (tasks.byId(task.id)?.state === TaskState.inProgress) tasks.seen(task.id, now, progress);
  });
  return { task, image, progress };
}
