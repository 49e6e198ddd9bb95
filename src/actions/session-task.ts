import type { Host } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import type { Session } from '#domain/session.js';
import { ACTIVE_STATES, type Task } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import type { Context } from './context.js';
import { sessionOf } from './open-session.js';

/** The task that a token entitles to, as it is now. */
export type SessionTask =
  | {
      readonly kind: 'active';
      readonly session: Session;
      readonly host: Host;
      readonly task: Task;
      readonly image: Image | undefined;
    }
  /** `reason` is for the client's screen. The session is known if the token is. */
  | { readonly kind: 'none'; readonly reason: string; readonly session?: Session; readonly task?: Task };

/**
 * Finds the task of a call by its token alone: the MAC in the body is a name, not a proof (design section 7). `type` of the body must fit,
 * since FOS selects the task by it (spec 8.1 no. 9).
 */
export function sessionTask(
  context: Context,
  token: string | undefined,
  type: string | undefined,
): SessionTask {
  const session = token === undefined ? undefined : sessionOf(context, token);
  if (!session) {
    const reason = 'this machine was not started by this server for a task; start it again from the network';
    return { kind: 'none', reason };
  }
  const task = session.taskId === null ? undefined : context.tasks.byId(session.taskId);
  const host = task && context.hosts.byId(task.hostId);
  if (!task || !host)
    return { kind: 'none', reason: 'this boot has no task; start the machine again', session };
  if (!ACTIVE_STATES.includes(task.state)) {
    const reason = `task ${task.id} is over (${task.reason}); start the machine again`;
    return { kind: 'none', reason, session, task };
  }
  if (session.state === 'ended') {
    const reason = `this boot session has ended (${session.endReason}); start the machine again`;
    return { kind: 'none', reason, session, task };
  }
  const imaging = taskType(task.typeId)?.imaging;
  const wanted = type === 'up' ? 'capture' : type === 'down' ? 'deploy' : undefined;
  if (wanted !== imaging) {
    return { kind: 'none', reason: `task ${task.id} is no task of this type`, session, task };
  }
  const image = task.imageId === null ? undefined : context.images.byId(task.imageId);
  return { kind: 'active', session, host, task, image };
}
