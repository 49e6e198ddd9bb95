import type { BootRequest } from '#boot/request.js';
import { type BootServer, bootScript, problemScript, type ScriptKind } from '#boot/script.js';
import type { OrderedTask } from '#boot/task-args.js';
import type { Host } from '#domain/host.js';
import { sessionKind } from '#domain/session.js';
import { type Task, taskType } from '#domain/task.js';
import { messageOf } from '#errors.js';
import { type Context, hostOf } from './context.js';
import { offerSession } from './offer-session.js';

export interface BootAnswer {
  readonly kind: ScriptKind | 'problem';
  readonly text: string;
  readonly host?: Host;
  /** Why this script, or what went wrong. */
  readonly reasons: readonly string[];
}

/**
 * Decides what a machine is told by `boot.php`, and makes the boot session that its kernel lines carry. Never rejects: a machine that
 * cannot be served is told why and boots its disk.
 */
export async function answerBootRequest(
  context: Context,
  request: BootRequest,
  server: BootServer,
  address: string,
): Promise<BootAnswer> {
  const { settings, tasks } = context;
  const problem = (text: string, host?: Host): BootAnswer => ({
    kind: 'problem',
    text: problemScript(text, { request, settings: settings.boot }),
    reasons: [text],
    ...(host ? { host } : {}),
  });
  try {
    const [mac] = request.macs;
    if (mac === undefined) return problem('this machine sent no valid MAC address');
    const match = hostOf(context, request.macs);
    if (match.kind === 'ambiguous') {
      const names = match.hosts.map((host) => host.name).join(', ');
      return problem(
        `the MAC addresses of this machine belong to several hosts: ${names}. Remove them from all but one`,
      );
    }
    const host = match.kind === 'one' ? match.host : undefined;
    const task = host && !host.pending ? tasks.active(host.id) : undefined;
    const ordered = task && orderedTask(context, task);
    if (task && ordered === 'no-image') return problem(`the image of task ${task.id} was removed`, host);
    if (task) {
      const owner = await context.neighbour(address);
      // A MAC is a name: the token of a task goes only to an address at which the network has seen that machine (design section 7).
      if (owner !== undefined && !request.macs.includes(owner))
        return problem(`the address ${address} belongs to ${owner}, which is not this machine`, host);
    }
    const offered = offerSession(context, {
      kind: ordered === undefined || ordered === 'no-image' ? 'plain' : sessionKind(ordered.type),
      mac,
      hostId: host?.id ?? null,
      taskId: task?.id ?? null,
      serverIp: server.ip,
    });
    // A store on a full disk keeps no session: the machine still gets its menu, and from there to its disk.
    const session = task ? await offered : await offered.catch(() => undefined);
    const script = bootScript({
      request,
      server,
      settings: settings.boot,
      images: settings.images,
      registrationEnabled: settings.registration.enabled,
      ...(session ? { session } : {}),
      ...(host ? { host } : {}),
      ...(ordered && ordered !== 'no-image' ? { task: ordered } : {}),
    });
    const type = task && taskType(task.typeId);
    return {
      ...script,
      ...(host ? { host } : {}),
      reasons: [reason(host, type?.name, settings.registration.enabled)],
    };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function orderedTask({ images }: Context, task: Task): OrderedTask | 'no-image' | undefined {
  const type = taskType(task.typeId);
  if (!type) return undefined;
  const image = task.imageId === null ? undefined : images.byId(task.imageId);
  if (type.imaging && !image) return 'no-image';
  return { type, shutdown: task.shutdown, ...(image ? { image } : {}) };
}
function reason(host: Host | undefined, task: string | undefined, registration: boolean): string {
  if (!host)
    return registration
      ? 'no host has these MAC addresses'
      : 'no host has these MAC addresses; registration is off';
  if (host.pending) return `host ${host.name} waits for approval`;
  return task === undefined ? `host ${host.name} has no task` : `host ${host.name} has the task ${task}`;
}
