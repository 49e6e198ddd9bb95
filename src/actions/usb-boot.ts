import { KERNEL_WORD } from '#boot/kernel-line.js';
import { type BootServer, serverUrl } from '#boot/server.js';
import { taskArgs } from '#boot/task-args.js';
import { sessionKind } from '#domain/session.js';
import { storageOf } from '#domain/share.js';
import { type Context, hostOf } from './context.js';
import { dueTask } from './due-task.js';
import { identityDoubt } from './identity-doubt.js';
import { offerSession } from './offer-session.js';
import { openSession, sessionOf } from './open-session.js';

/**
 * FOS started from a USB stick, whose kernel line knows the server only (spec fos-protocol 3.4): it asks for a token and then for what a
 * boot script would have told it. The texts of refusals are FOG's.
 */

export type UsbAnswer<T> = T | { readonly refused: string };

/** A session's token for the machine's due task. */
export async function offerUsbToken(
  context: Context,
  macs: readonly string[],
  address: string,
  server: BootServer,
): Promise<UsbAnswer<{ readonly token: string }>> {
  const match = hostOf(context, macs);
  const [mac] = macs;
  if (match.kind !== 'one' || match.host.pending || mac === undefined) return { refused: 'Host Invalid' };
  const due = await dueTask(context, match.host);
  if (due.kind === 'problem') return { refused: due.reason };
  if (due.kind === 'none' || due.ordered.type.boots !== undefined) return { refused: 'Invalid Tasking' };
  const doubt = await identityDoubt(context, macs, address, due.task);
  if (doubt.kind !== 'none')
    return { refused: doubt.kind === 'refused' ? doubt.reason : 'Host token is currently in use' };
  const { token } = await offerSession(context, {
    kind: sessionKind(due.ordered.type),
    mac,
    hostId: match.host.id,
    taskId: due.task.id,
    serverIp: server.ip,
  });
  return { token };
}

/**
 * Lines of shell that FOS sources: the words of the kernel line, each unless it is set already, and `web` with the session's token in any
 * case. Opens the session: the HEAD of this boot was said without a token. Passwords and product keys are never among them.
 */
export async function usbHostInfo(
  context: Context,
  token: string,
  address: string,
  server: BootServer,
): Promise<UsbAnswer<{ readonly shell: string }>> {
  const session = sessionOf(context, token);
  if (!session) return { refused: 'Invalid token passed for host' };
  const task = session.taskId === null ? undefined : context.tasks.byId(session.taskId);
  const host = task && context.hosts.byId(task.hostId);
  const due = host && (await dueTask(context, host));
  if (!host || due?.kind !== 'task' || due.task.id !== task.id) return { refused: 'Invalid tasking!' };
  const opening = await openSession(context, token, address);
  if (opening.kind !== 'open') return { refused: opening.reason };
  const { settings } = context;
  const storage = storageOf(settings.nfs, { ...session, serverIp: server.ip });
  const words = [
    `storage=${storage.host}:${storage.path}`,
    `storageip=${storage.host}`,
    ...taskArgs(host, due.ordered, { ...settings.images, ...settings.tasks }),
  ].filter((word) => KERNEL_WORD.test(word));
  const lines = words.flatMap((word) => {
    const at = word.indexOf('=');
    return at < 1
      ? []
      : [`[[ -z $${word.slice(0, at)} ]] && export ${word.slice(0, at)}='${word.slice(at + 1)}'`];
  });
  return { shell: `${[`export web='${serverUrl(server, `fog/t/${token}/`)}'`, ...lines].join('\n')}\n` };
}
