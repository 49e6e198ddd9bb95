import type { OrderedTask } from '#boot/task-args.js';
import type { Host } from '#domain/host.js';
import { nextState, type Task, TaskState } from '#domain/task.js';
import { attemptsAllowed, taskType } from '#domain/task-type.js';
import type { Context } from './context.js';
import { failTask } from './fail-task.js';
import { nodeFor } from './manage-storage-nodes.js';

/** What the boot of a host is for. */
export type DueTask =
  /** `notice` is for the machine's screen, before its menu. */
  | { readonly kind: 'none'; readonly notice?: string }
  | { readonly kind: 'task'; readonly task: Task; readonly ordered: OrderedTask }
  /** Nothing can be started; `reason` is for the machine's screen, and it boots its disk. */
  | { readonly kind: 'problem'; readonly reason: string };

/** A script asked for again within this time is the same boot: iPXE asks more than once where a menu is left or a cable is slow. */
const SAME_BOOT_MS = 30_000;
/** How long a failure is told at the boots that follow it: FOS restarts a minute after a fatal error. */
const TELL_FAILURE_MS = 300_000;

/**
 * The task that a host's boot starts now. A machine that begins its task again and again without completing it must not go on for ever
 * (spec fos-protocol 2.4 no. 6, 8.1 no. 29): the task fails, and the machine boots its disk.
 */
export async function dueTask(context: Context, host: Host): Promise<DueTask> {
  const { tasks, images, clock } = context;
  const task = host.pending ? undefined : tasks.active(host.id);
  const type = task && taskType(task.typeId);
  if (!task || !type || type.boots === 'nothing') return { kind: 'none', ...failureNotice(context, host) };
  // FOG shows this, and then sends the task's script behind the menu all the same (spec 1.9.8, 8.2).
  if (host.macs.some(({ primary, imageIgnore }) => primary && imageIgnore))
    return { kind: 'none', notice: 'The MAC Address is set to be ignored for imaging tasks' };
  if (type.endsWithBoot && task.state === TaskState.inProgress) {
    if (clock.now() - (task.startedAt ?? 0) > SAME_BOOT_MS) {
      await complete(context, task, 'the machine has booted again');
      return { kind: 'none' };
    }
  } else if (task.attempts >= attemptsAllowed(type)) {
    const times = task.attempts === 1 ? 'once' : `${task.attempts} times`;
    const reason = `task ${task.id} (${type.name}) was begun ${times} and never completed: look at the machine, then order it again`;
    await failTask(context, task, reason);
    return { kind: 'problem', reason };
  }
  const image = task.imageId === null ? undefined : images.byId(task.imageId);
  if (type.imaging && !image) return { kind: 'problem', reason: `the image of task ${task.id} was removed` };
  if (type.imaging && task.state !== TaskState.inProgress)
    await useBestNode(context, host, task, type.imaging);
  const ordered = { type, shutdown: task.shutdown, account: task.account, ...(image ? { image } : {}) };
  return { kind: 'task', task, ordered };
}

/** Whoever stands before a machine whose task has just failed sees why, whatever the imaging environment could show. */
function failureNotice({ tasks, clock }: Context, host: Host): { readonly notice?: string } {
  const last = tasks.latest(host.id);
  if (last?.state !== TaskState.failed || clock.now() - (last.finishedAt ?? 0) > TELL_FAILURE_MS) return {};
  return {
    notice: `Task ${last.id} (${taskType(last.typeId)?.name ?? 'unknown'}) has failed: ${last.reason}`,
  };
}

/** The machine was given what it starts; nothing of it will be heard again before its next boot. */
export async function deliveredTask({ store, tasks, clock }: Context, id: number): Promise<void> {
  await store.commit(() => {
    const task = tasks.byId(id);
    if (task?.state !== TaskState.queued) return;
    const reason = 'the machine was given what it starts';
    tasks.move(id, { state: TaskState.inProgress, at: clock.now(), actor: 'boot', reason });
    tasks.started(id, clock.now());
  });
}

/** A node that failed for the machine, or that was switched off, is left where there is another (spec 4.4). */
async function useBestNode(
  context: Context,
  host: Host,
  task: Task,
  kind: 'deploy' | 'capture',
): Promise<void> {
  const { storageNodes, tasks, clock, store } = context;
  const node = task.nodeId === null ? undefined : storageNodes.byId(task.nodeId);
  if (node?.enabled && !storageNodes.failedFor(host.id, clock.now()).has(node.id)) return;
  const best = nodeFor(context, host.id, kind);
  if (best && best.id !== task.nodeId) await store.commit(() => tasks.useNode(task.id, best.id));
}

async function complete({ store, tasks, clock }: Context, task: Task, reason: string): Promise<void> {
  await store.commit(() => {
    const state = nextState(tasks.byId(task.id)?.state ?? TaskState.failed, 'complete');
    if (state !== undefined) tasks.move(task.id, { state, at: clock.now(), actor: 'fogd', reason });
  });
}
