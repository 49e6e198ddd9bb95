import type { BootRequest } from '#boot/request.js';
import { type BootServer, bootScript, problemScript, type ScriptKind } from '#boot/script.js';
import type { Host } from '#domain/host.js';
import { taskType } from '#domain/task.js';
import { messageOf } from '#errors.js';
import { type Context, hostOf } from './context.js';

export interface BootAnswer {
  readonly kind: ScriptKind | 'problem';
  readonly text: string;
  readonly host?: Host;
  /** Why this script, or what went wrong. */
  readonly reasons: readonly string[];
}

/** Decides what a machine is told by `boot.php`. Never throws: a machine that cannot be served is told why and boots its disk. */
export function answerBootRequest(context: Context, request: BootRequest, server: BootServer): BootAnswer {
  const { settings, tasks } = context;
  const problem = (text: string): BootAnswer => ({
    kind: 'problem',
    text: problemScript(text, { request, settings: settings.boot }),
    reasons: [text],
  });
  try {
    if (request.macs.length === 0) return problem('this machine sent no valid MAC address');
    const match = hostOf(context, request.macs);
    if (match.kind === 'ambiguous') {
      const names = match.hosts.map((host) => host.name).join(', ');
      return problem(
        `the MAC addresses of this machine belong to several hosts: ${names}. Remove them from all but one`,
      );
    }
    const host = match.kind === 'one' ? match.host : undefined;
    const task = host && tasks.active(host.id);
    const type = task && taskType(task.typeId);
    const script = bootScript({
      request,
      server,
      settings: settings.boot,
      registrationEnabled: settings.registration.enabled,
      ...(host ? { host } : {}),
      ...(type ? { task: type } : {}),
    });
    return {
      ...script,
      ...(host ? { host } : {}),
      reasons: [reason(host, type?.name, settings.registration.enabled)],
    };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function reason(host: Host | undefined, task: string | undefined, registration: boolean): string {
  if (!host)
    return registration
      ? 'no host has these MAC addresses'
      : 'no host has these MAC addresses; registration is off';
  if (host.pending) return `host ${host.name} waits for approval`;
  return task === undefined ? `host ${host.name} has no task` : `host ${host.name} has the task ${task}`;
}
