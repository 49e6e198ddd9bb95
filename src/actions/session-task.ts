import type { Host } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { clean } from '#domain/inventory.js';
import type { Session } from '#domain/session.js';
import { ACTIVE_STATES, type Task } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { type Context, hostOf } from './context.js';
import { sessionOf } from './open-session.js';

/** Who makes a call: the token of its path, and the MACs of its body. */
export interface Caller {
  readonly token: string | undefined;
  readonly macs: readonly string[];
  /** The field as it was sent. */
  readonly mac?: string;
}

/** The task that a call is for, as it is now. */
export type SessionTask =
  | {
      readonly kind: 'active';
      readonly session: Session;
      readonly host: Host;
      readonly task: Task;
      readonly image: Image | undefined;
    }
  /** `reason` is for the client's screen. The session is known if the caller is. */
  | { readonly kind: 'none'; readonly reason: string; readonly session?: Session; readonly task?: Task };

/**
 * The boot session of a call, by its token alone: the MAC in the body is a name, not a proof (design section 7). Without a token, and only
 * with `fos.require_token = false`, it is the session that the machine's last task was handed out with. Texts of refusals: spec 3.1.
 */
export function callerSession(context: Context, { token, macs, mac }: Caller): Session | string {
  if (token !== undefined)
    return (
      sessionOf(context, token) ??
      'this machine was not started by this server for a task; start it again from the network'
    );
  if (macs.length === 0) return `Invalid MAC Address! ${clean(mac ?? '', 60)}`.trim();
  const match = hostOf(context, macs);
  if (match.kind !== 'one' || match.host.pending) return 'Invalid Host';
  const { host } = match;
  const [last] = context.tasks.list(host.id);
  const none = `No Active Task found for Host: ${host.name} (${macs[0]})`;
  if (!context.settings.fos.require_token) return (last && context.sessions.latestOfTask(last.id)) ?? none;
  if (!last || !ACTIVE_STATES.includes(last.state)) return none;
  return 'this machine was not started by this server for its task; start it again from the network';
}

/** `type` of the body must fit the task, since FOS selects the task by it (spec 8.1 no. 9). */
export function sessionTask(context: Context, caller: Caller, type: string | undefined): SessionTask {
  const session = callerSession(context, caller);
  return typeof session === 'string' ? { kind: 'none', reason: session } : taskOf(context, session, type);
}

/** The task that a session was handed out with. */
export function taskOf(context: Context, session: Session, type: string | undefined): SessionTask {
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
