import { FAILURE_MS } from '#domain/storage-node.js';
import { nextState, type Task, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import { type Caller, callerSession } from './session-task.js';

/** FOS gave up (spec fos-protocol 3.3): the task has failed for the reason that it tells. Undefined when there was nothing to fail. */
export async function failTask(context: Context, caller: Caller, reason: string): Promise<Task | undefined> {
  return change(context, caller, { event: 'fail', reason, endReason: 'the machine gave up' });
}

/** FOS could not use the share (spec fos-protocol 3.6): the task waits for the next boot, and for a while not on this node (4.4). */
export async function requeueTask(context: Context, caller: Caller): Promise<Task | undefined> {
  return change(context, caller, {
    event: 'requeue',
    reason: 'the machine could not use the share',
    endReason: 'the share could not be used',
  });
}

async function change(
  context: Context,
  caller: Caller,
  {
    event,
    reason,
    endReason,
  }: { readonly event: 'fail' | 'requeue'; readonly reason: string; readonly endReason: string },
): Promise<Task | undefined> {
  const { store, tasks, sessions, storageNodes, clock } = context;
  const session = callerSession(context, caller);
  // After a blame FOS reports its fatal error too (spec 11.4): by then the session is over, and the task is queued for the next boot.
  if (typeof session === 'string' || session.state === 'ended' || session.taskId === null) return undefined;
  const { taskId } = session;
  const moved = await store.commit(() => {
    const task = tasks.byId(taskId);
    if (!task || nextState(task.state, 'fail') === undefined) return undefined;
    const at = clock.now();
    const state = event === 'fail' ? TaskState.failed : TaskState.queued;
    tasks.move(task.id, { state, at, actor: 'fos', reason });
    if (event === 'fail') return task;
    tasks.leaveQueue(task.id);
    if (task.nodeId !== null)
      storageNodes.failed({ nodeId: task.nodeId, hostId: task.hostId, taskId, until: at + FAILURE_MS });
    return task;
  });
  const now = sessions.byId(session.id);
  if (now && now.state !== 'ended') await endSession(context, now, endReason);
  return moved;
}
