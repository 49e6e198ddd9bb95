import type { Host } from '#domain/host.js';
import type { Snapin } from '#domain/snapin.js';
import { isOpen, PENDING, type SnapinTask } from '#domain/snapin-task.js';
import { TaskState } from '#domain/task.js';
import type { OpenBootFile } from '#files/boot-files.js';
import type { Context } from './context.js';
import { findClient } from './find-client.js';
import { secretHash } from './offer-snapins.js';
import { moveHostTask } from './snapin-jobs.js';
import { snapinState } from './verify-snapins.js';

/** Who asks for the file of a task, or reports what came of it. */
export interface SnapinCaller {
  readonly macs: readonly string[];
  /** As it was sent. */
  readonly taskId: string;
}

export type FoundTask =
  | { readonly kind: 'found'; readonly host: Host; readonly task: SnapinTask }
  /** `reason` is for the trace: a stranger is told nothing. */
  | { readonly kind: 'refused'; readonly reason: string; readonly task?: SnapinTask };

/** The task of a call: of the host that the MACs are of, and told to its client. It may be over. */
export function calledTask(context: Context, { macs, taskId }: SnapinCaller): FoundTask {
  const match = findClient(context, macs);
  if (match.kind === 'none') return { kind: 'refused', reason: match.reason };
  const { host } = match;
  const task = /^\d{1,10}$/.test(taskId) ? context.snapinTasks.byId(Number(taskId)) : undefined;
  // Offered at least once: before that, nobody can know its number.
  if (!task || task.hostId !== host.id || task.offered === '')
    return { kind: 'refused', reason: `the host ${host.name} was told of no such task` };
  return { kind: 'found', host, task };
}

export type SnapinFile =
  | {
      readonly kind: 'file';
      readonly host: Host;
      readonly task: SnapinTask;
      readonly snapin: Snapin;
      /** Sends it, and closes it. */
      readonly file: OpenBootFile;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly host?: Host };

/**
 * The file of a task, opened for sending (spec client-protocol 5.2). `secret`: of the address, which only the client was told; undefined where
 * the address has none.
 */
export async function openSnapin(
  context: Context,
  caller: SnapinCaller & { readonly secret: string | undefined },
): Promise<SnapinFile> {
  const { snapins, snapinTasks, snapinStore, settings } = context;
  const found = calledTask(context, caller);
  if (found.kind === 'refused') return found;
  const { host, task } = found;
  const refused = async (reason: string, counts = false): Promise<SnapinFile> => {
    await noteRefusal(context, task, counts);
    return { kind: 'refused', reason, host };
  };
  // An old client does not know better the next time, and would come for ever.
  if (caller.secret === undefined && settings.snapins.require_token)
    return refused('the address has no secret (snapins.require_token)', true);
  if (caller.secret !== undefined && !snapinTasks.hasSecret(task.id, secretHash(caller.secret)))
    return refused('the secret of the address is not the one that the client was told last');
  if (!isOpen(task)) return refused(`the task is over: ${task.details}`);
  const snapin = task.snapinId === null ? undefined : snapins.byId(task.snapinId);
  if (snapin?.sha512 !== task.offered || !snapin.enabled)
    return refused(`${task.snapin} was changed since the client was told of it`);
  const state = await snapinState(context, snapin);
  if (state !== 'good')
    return refused(`${snapin.name} cannot be handed out: ${snapin.damage || 'it is read again'}`);
  const file = await snapinStore.open(snapin.stored);
  if (!file) return refused(`the file of ${snapin.name} is gone`);
  return { kind: 'file', host, task, snapin, file };
}

/** What went out before is not what the client reports of next. `counts`: as an attempt. */
async function noteRefusal(
  { store, snapinTasks }: Context,
  task: SnapinTask,
  counts: boolean,
): Promise<void> {
  await store.commitGrouped(() => {
    const now = snapinTasks.byId(task.id);
    if (!now || !isOpen(now)) return;
    snapinTasks.change(task.id, { sentAt: null, attempts: now.attempts + Number(counts) });
  });
}

/** The client fetches it. `isFirst`: from the beginning; a part is the same attempt going on. Resolves when kill -9 cannot undo it. */
export async function snapinStarted(
  context: Context,
  { host, task }: { readonly host: Host; readonly task: SnapinTask },
  isFirst: boolean,
): Promise<void> {
  const { store, snapinTasks, clock } = context;
  await store.commitGrouped(() => {
    const now = snapinTasks.byId(task.id);
    if (!now || !isOpen(now)) return;
    snapinTasks.change(task.id, {
      state: TaskState.inProgress,
      ...PENDING,
      ...(isFirst ? { attempts: now.attempts + 1, startedAt: clock.now(), sentAt: null } : {}),
    });
    snapinTasks.moveJob(now.jobId, TaskState.inProgress);
    moveHostTask(context, host.id, TaskState.inProgress, 'the client fetches its snapins');
  });
}

/** The last byte of it has gone out. */
export async function snapinSent(context: Context, task: SnapinTask): Promise<void> {
  const { store, snapinTasks, clock } = context;
  await store.commitGrouped(() => {
    const now = snapinTasks.byId(task.id);
    if (now && isOpen(now)) snapinTasks.change(task.id, { sentAt: clock.now() });
  });
}
