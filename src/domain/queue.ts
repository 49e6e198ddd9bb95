import type { StorageNode } from './storage-node.js';

/** Who may start imaging now (spec fos-protocol 4.3). Pure: the caller counts and decides in one transaction. */

/** An imaging task that waits, by the time of its first check-in. */
export interface Waiting {
  readonly taskId: number;
  readonly checkedInAt: number;
  /** The machine's last poll. */
  readonly seenAt: number;
}

export interface QueueInput {
  readonly taskId: number;
  readonly node: Pick<StorageNode, 'name' | 'enabled' | 'maxClients'>;
  /** The machine has blamed the node lately. */
  readonly hasFailed: boolean;
  /** Captures are neither counted nor limited. */
  readonly takesSlot: boolean;
  /** Deploys of the node in state In-Progress, this one not counted. */
  readonly used: number;
  /** Other deploys that checked in and were not let through yet. */
  readonly waiting: readonly Waiting[];
  /** The first check-in of this task; the place in the queue. FOG takes the last, so that poll jitter decides there. */
  readonly checkedInAt: number;
  readonly now: number;
  /** A machine that has not polled for this long has left the queue. */
  readonly timeoutMs: number;
}

export type QueueDecision =
  | { readonly kind: 'go' }
  /** `text` is for the machine's screen, `reason` for the admin. */
  | { readonly kind: 'wait'; readonly before: number; readonly text: string; readonly reason: string };

const UNAVAILABLE =
  'The node trying to be used is currently unavailable. On reboot we will try to find a new node automatically.';

/** Machines in front of a task: those that came earlier and still ask. */
export function placesBefore(
  input: Pick<QueueInput, 'taskId' | 'waiting' | 'checkedInAt' | 'now' | 'timeoutMs'>,
): number {
  const { taskId, waiting, checkedInAt, now, timeoutMs } = input;
  return waiting.filter(
    (other) =>
      now - other.seenAt <= timeoutMs &&
      (other.checkedInAt < checkedInAt || (other.checkedInAt === checkedInAt && other.taskId < taskId)),
  ).length;
}

export function queueDecision(input: QueueInput): QueueDecision {
  const before = placesBefore(input);
  const { node, hasFailed, takesSlot, used } = input;
  const wait = (text: string, reason: string) => ({ kind: 'wait', before, text, reason }) as const;
  if (!node.enabled) return wait(UNAVAILABLE, `the storage node ${node.name} is disabled`);
  if (hasFailed) {
    const text = `Storage Node ${node.name} is open, but has recently failed for this host. ${UNAVAILABLE}`;
    return wait(text, `the storage node ${node.name} failed for this machine within the last 5 minutes`);
  }
  if (!takesSlot) return { kind: 'go' };
  const open = node.maxClients - used;
  if (open < 1) return wait(`No open slots, There are ${before} before me.`, 'waits for a slot');
  if (open <= before)
    return wait(`There are open slots, but ${before} before me on this node.`, 'waits for a slot');
  return { kind: 'go' };
}
