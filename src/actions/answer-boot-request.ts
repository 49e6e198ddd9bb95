import type { BootRequest } from '#boot/request.js';
import { type BootServer, bootScript, problemScript, type ScriptKind } from '#boot/script.js';
import type { Host } from '#domain/host.js';
import { sessionKind } from '#domain/session.js';
import type { Task } from '#domain/task.js';
import { messageOf } from '#errors.js';
import { type Context, hostOf } from './context.js';
import { deliveredTask, dueTask } from './due-task.js';
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
  const { settings } = context;
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
    const due = host ? await dueTask(context, host) : ({ kind: 'none' } as const);
    if (due.kind === 'problem') return problem(due.reason, host);
    if (due.kind === 'task') {
      const doubt = await identityDoubt(context, request, address, due.task);
      if (doubt !== undefined) return problem(doubt, host);
    }
    const offered = offerSession(context, {
      kind: due.kind === 'task' ? sessionKind(due.ordered.type) : 'plain',
      mac,
      hostId: host?.id ?? null,
      taskId: due.kind === 'task' ? due.task.id : null,
      serverIp: server.ip,
    });
    // A store on a full disk keeps no session: the machine still gets its menu, and from there to its disk.
    const session = due.kind === 'task' ? await offered : await offered.catch(() => undefined);
    const script = bootScript({
      request,
      server,
      settings: settings.boot,
      images: { ...settings.images, ...settings.tasks },
      registrationEnabled: settings.registration.enabled,
      ...(session ? { session } : {}),
      ...(host ? { host } : {}),
      ...(due.kind === 'task' ? { task: due.ordered } : {}),
    });
    if (due.kind === 'task' && due.ordered.type.boots === 'memtest')
      await deliveredTask(context, due.task.id);
    return {
      ...script,
      ...(host ? { host } : {}),
      reasons: [
        reason(host, due.kind === 'task' ? due.ordered.type.name : undefined, settings.registration.enabled),
      ],
    };
  } catch (error) {
    return problem(messageOf(error));
  }
}

/** How long after its last call a machine counts as being at work; it reports every few seconds. */
const LIFE_MS = 15_000;

/** Why the token of a task may not go to this address, or undefined: a MAC is a name (design section 7). */
async function identityDoubt(
  { neighbour, sessions, clock }: Context,
  request: BootRequest,
  address: string,
  task: Task,
): Promise<string | undefined> {
  const owner = await neighbour(address);
  if (owner !== undefined)
    return request.macs.includes(owner)
      ? undefined
      : `the address ${address} belongs to ${owner}, which is not this machine`;
  const atWork = sessions
    .liveOfTask(task.id)
    .find(({ state, address: other }) => state === 'open' && other !== address);
  const isAlive = clock.now() - Math.max(task.seenAt ?? 0, atWork?.seenAt ?? 0) < LIFE_MS;
  return atWork && isAlive ? `this machine is being imaged from ${atWork.address}` : undefined;
}

function reason(host: Host | undefined, task: string | undefined, registration: boolean): string {
  if (!host)
    return registration
      ? 'no host has these MAC addresses'
      : 'no host has these MAC addresses; registration is off';
  if (host.pending) return `host ${host.name} waits for approval`;
  return task === undefined ? `host ${host.name} has no task` : `host ${host.name} has the task ${task}`;
}
