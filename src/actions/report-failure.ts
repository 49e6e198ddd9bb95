import { nextState, type Task, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import { sessionOf } from './open-session.js';

/** The task that a call of this token may still change, whatever its type. */
function liveTask(
  context: Context,
  token: string | undefined,
): { task: Task; sessionId: number } | undefined {
  const session = token === undefined ? undefined : sessionOf(context, token);
  // After a blame FOS reports its fatal error too (spec 11.4): by then the session is over, and the task is queued for the next boot.
  if (!session || session.state === 'ended' || session.taskId === null) return undefined;
  const task = context.tasks.byId(session.taskId);
  return task ? { task, sessionId: session.id } : undefined;
}

/** FOS gave up (spec fos-protocol 3.3): the task has failed for the reason that it tells. Undefined when there was nothing to fail. */
export async function failTask(
  context: Context,
  token: string | undefined,
  reason: string,
): Promise<Task | undefined> {
  return change(context, token, 'fail', reason, 'the machine gave up');
}

/** FOS could not use the share (spec fos-protocol 3.6): the task waits for the next boot. */
export async function requeueTask(context: Context, token: string | undefined): Promise<Task | undefined> {
  return change(
    context,
    token,
    'requeue',
    'the machine could not use the share',
    'the share could not be used',
  );
}

async function change(
  context: Context,
  token: string | undefined,
  event: 'fail' | 'requeue',
  reason: string,
  endReason: string,
): Promise<Task | undefined> {
  const { store, tasks, sessions, clock } = context;
  const live = liveTask(context, token);
  if (!live) return undefined;
  const moved = await store.commit(() => {
    const task = tasks.byId(live.task.id);
    if (!task || nextState(task.state, 'fail') === undefined) return undefined;
    const state = event === 'fail' ? TaskState.failed : TaskState.queued;
    tasks.move(task.id, { state, at: clock.now(), actor: 'fos', reason });
    if (event === 'requeue') tasks.leaveQueue(task.id);
    return task;
  });
  const session = sessions.byId(live.sessionId);
  if (session && session.state !== 'ended') await endSession(context, session, endReason);
  return moved;
}
