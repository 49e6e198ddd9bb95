import type { Host } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { type QueueDecision, queueDecision } from '#domain/queue.js';
import { nextState, type Task, TaskState } from '#domain/task.js';
import { SLOT_TYPES, taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { waitsForGeneration } from './generations.js';
import { checkImage } from './manage-tasks.js';
import { openKnown } from './open-session.js';
import { type Caller, sessionTask } from './session-task.js';

export type CheckIn =
  | {
      readonly kind: 'go';
      readonly host: Host;
      readonly task: Task;
      readonly image?: Image;
      readonly again: boolean;
    }
  /** Asked again in 5 s; `text` is for the client's screen. */
  | {
      readonly kind: 'wait';
      readonly host: Host;
      readonly task: Task;
      readonly before: number;
      readonly text: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** FOS asks whether its task may begin (spec fos-protocol 3.5, 4.3). Count and change of state are one transaction. */
export async function checkIn(
  context: Context,
  call: Caller & { readonly type: string | undefined; readonly address: string },
): Promise<CheckIn> {
  const found = sessionTask(context, call, call.type);
  if (found.kind === 'none') return { kind: 'refused', reason: found.reason };
  const { session, host, task, image } = found;
  const imaging = taskType(task.typeId)?.imaging;
  // Asked every 5 s by each machine that waits: files and share are looked at when its turn has come.
  const asked = place(context, task);
  if (imaging && asked.decision.kind === 'go') {
    if (!image) return { kind: 'refused', reason: 'the image of this task was removed' };
    try {
      await checkImage(context, image, imaging);
    } catch (error) {
      return { kind: 'refused', reason: messageOf(error) };
    }
    // The share may have failed at the HEAD and work by now: FOS mounts it right after the go.
    const opening = await openKnown(context, session, call.address);
    if (opening.kind !== 'open') return { kind: 'refused', reason: opening.reason };
  }
  const { store, tasks, clock } = context;
  // Who goes on waiting only says that it lives; a place in the queue, a go and a refusal are promises.
  const isSignOfLife =
    asked.decision.kind === 'wait' &&
    task.state === TaskState.checkedIn &&
    task.checkedInAt === asked.checkedInAt;
  const answer = (): CheckIn => {
    const now = clock.now();
    const current = tasks.byId(task.id);
    if (!current || nextState(current.state, 'check-in') === undefined)
      return { kind: 'refused', reason: `task ${task.id} is over` };
    const { checkedInAt, before, decision, again } =
      asked.decision.kind === 'wait' ? asked : place(context, current);
    tasks.checkIn(task.id, checkedInAt, now);
    if (decision.kind === 'wait') {
      const state = nextState(current.state, 'wait');
      if (state !== undefined && state !== current.state)
        tasks.move(task.id, { state, at: now, actor: 'fos', reason: decision.reason });
      return { kind: 'wait', host, task, before, text: decision.text };
    }
    const state = nextState(current.state, 'check-in');
    if (state !== undefined) {
      tasks.move(task.id, {
        state,
        at: now,
        actor: 'fos',
        reason: again ? 'began again' : 'the machine checked in',
      });
      tasks.started(task.id, now);
    }
    return { kind: 'go', host, task, again, ...(image ? { image } : {}) };
  };
  return isSignOfLife ? store.commitGrouped(answer) : store.commit(answer);
}

interface QueuePlace {
  readonly checkedInAt: number;
  readonly before: number;
  readonly decision: QueueDecision;
  readonly again: boolean;
}

/** The place of a task in the queue of its node, as things are now. */
function place(context: Context, task: Task): QueuePlace {
  const { tasks, storageNodes, settings, clock } = context;
  const now = clock.now();
  const seenSince = now - settings.tasks.checkin_timeout * 1000;
  const isStale = task.seenAt !== null && task.seenAt < seenSince;
  const checkedInAt = task.checkedInAt === null || isStale ? now : task.checkedInAt;
  const hasBegun = task.startedAt !== null;
  // A machine that reboots half way checks in again and keeps its slot (spec 3.5). What images nothing began at its HEAD.
  const again = hasBegun && taskType(task.typeId)?.imaging !== undefined;
  const node = task.nodeId === null ? undefined : storageNodes.byId(task.nodeId);
  if (!node || task.forced || hasBegun) return { checkedInAt, before: 0, decision: { kind: 'go' }, again };
  const image = task.imageId === null ? undefined : context.images.byId(task.imageId);
  const text = image && waitsForGeneration(context, image);
  if (text !== undefined && SLOT_TYPES.includes(task.typeId))
    return { checkedInAt, before: 0, decision: { kind: 'wait', text, reason: text }, again };
  const before = tasks.placesBefore({ taskId: task.id, nodeId: node.id, checkedInAt, seenSince });
  const decision = queueDecision({
    node,
    hasFailed: storageNodes.failedFor(task.hostId, now).has(node.id),
    takesSlot: SLOT_TYPES.includes(task.typeId),
    used: tasks.slotsUsed(node.id, task.id),
    before,
  });
  return { checkedInAt, before, decision, again };
}
