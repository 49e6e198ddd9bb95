import { loginScript } from '#boot/answers.js';
import type { ScriptInput } from '#boot/parts.js';
import type { BootRequest } from '#boot/request.js';
import { type BootScriptInput, bootScript, problemScript, type ScriptKind } from '#boot/script.js';
import type { BootServer } from '#boot/server.js';
import type { Host } from '#domain/host.js';
import { sessionKind } from '#domain/session.js';
import { messageOf } from '#errors.js';
import { answerMenu } from './answer-menu.js';
import { type Context, hostOf } from './context.js';
import { type DueTask, deliveredTask, dueTask } from './due-task.js';
import { identityDoubt } from './identity-doubt.js';
import { verifyLogin } from './manage-users.js';
import { offerSession } from './offer-session.js';

export interface BootAnswer {
  readonly kind: ScriptKind | 'problem' | 'login-asked' | 'login-refused' | 'menu-action';
  readonly text: string;
  readonly host?: Host;
  /** Who logged in at the menu. */
  readonly user?: string;
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
    const input = { request, server, settings: settings.boot, ...(host ? { host } : {}) };
    const due: DueTask = host ? await dueTask(context, host) : { kind: 'none' };
    if (due.kind === 'problem') return problem(due.reason, host);
    if (due.kind === 'task') return await taskAnswer(context, { input, host, due, mac, address });
    const chosen = await answerMenu(context, input, mac, address);
    if (chosen) {
      const { kind, text, reason: why, user } = chosen;
      return { kind, text, reasons: [why], ...(user ? { user } : {}), ...(host ? { host } : {}) };
    }
    const hostId = host?.id ?? null;
    // A store on a full disk keeps no session: the machine still gets its menu, and from there to its disk.
    const session = await offerSession(context, {
      kind: 'plain',
      mac,
      hostId,
      taskId: null,
      serverIp: server.ip,
    }).catch(() => undefined);
    const script = bootScript({
      ...scriptInput(context, input),
      ...(session ? { session } : {}),
      ...(due.notice === undefined ? {} : { notice: due.notice }),
    });
    return {
      ...script,
      ...(host ? { host } : {}),
      reasons: [reason(host, undefined, settings.registration.enabled)],
    };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function scriptInput({ settings, menu }: Context, input: ScriptInput): BootScriptInput {
  return {
    ...input,
    images: { ...settings.images, ...settings.tasks },
    entries: menu.list(),
    registrationEnabled: settings.registration.enabled,
  };
}

/** The script of a task, for a machine that may have its token. */
async function taskAnswer(
  context: Context,
  ask: {
    readonly input: ScriptInput;
    readonly host: Host | undefined;
    readonly due: Extract<DueTask, { kind: 'task' }>;
    readonly mac: string;
    readonly address: string;
  },
): Promise<BootAnswer> {
  const { input, host, due, mac, address } = ask;
  const { task, ordered } = due;
  const refused = (text: string): BootAnswer => ({
    kind: 'problem',
    text: problemScript(text, input),
    reasons: [text],
    ...(host ? { host } : {}),
  });
  const doubt = await identityDoubt(context, input.request.macs, address, task);
  if (doubt.kind === 'refused') return refused(doubt.reason);
  if (doubt.kind === 'ask') {
    const answer = await confirmTask(context, input, address, ordered.type.name);
    if (answer) return { ...answer, ...(host ? { host } : {}) };
  }
  const session = await offerSession(context, {
    kind: sessionKind(ordered.type),
    mac,
    hostId: host?.id ?? null,
    taskId: task.id,
    serverIp: input.server.ip,
  });
  const script = bootScript({ ...scriptInput(context, input), session, task: ordered });
  if (ordered.type.boots === 'memtest') await deliveredTask(context, task.id);
  return {
    ...script,
    ...(host ? { host } : {}),
    reasons: [reason(host, ordered.type.name, context.settings.registration.enabled)],
  };
}

/** A machine that cannot be verified starts its task when somebody logs in at it (boot.unverified_clients = "ask"). */
async function confirmTask(
  context: Context,
  input: ScriptInput,
  address: string,
  type: string,
): Promise<BootAnswer | undefined> {
  const { login } = input.request;
  const result = login && (await verifyLogin(context, { ...login, address }));
  if (result?.kind === 'ok') return undefined;
  return {
    kind: 'login-asked',
    text: loginScript(input, `The task ${type} waits for a login at this machine.`),
    reasons: ['this machine is behind a router: its task waits for a login'],
  };
}

function reason(host: Host | undefined, task: string | undefined, registration: boolean): string {
  if (!host)
    return registration
      ? 'no host has these MAC addresses'
      : 'no host has these MAC addresses; registration is off';
  if (host.pending) return `host ${host.name} waits for approval`;
  return task === undefined ? `host ${host.name} has no task` : `host ${host.name} has the task ${task}`;
}
