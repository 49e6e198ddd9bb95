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
  readonly maxClients: number;
  /** Deploys in state In-Progress, this one not counted. */
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
  | { readonly kind: 'wait'; readonly before: number; readonly text: string };

/** Machines in front of a task: those that came earlier and still ask. */
export function placesBefore(input: Omit<QueueInput, 'maxClients' | 'used'>): number {
  const { taskId, waiting, checkedInAt, now, timeoutMs } = input;
  return waiting.filter(
    (other) =>
      now - other.seenAt <= timeoutMs &&
      (other.checkedInAt < checkedInAt || (other.checkedInAt === checkedInAt && other.taskId < taskId)),
  ).length;
}

export function queueDecision(input: QueueInput): QueueDecision {
  const before = placesBefore(input);
  const open = input.maxClients - input.used;
  if (open < 1) return { kind: 'wait', before, text: `No open slots, There are ${before} before me.` };
  if (open <= before)
    return { kind: 'wait', before, text: `There are open slots, but ${before} before me on this node.` };
  return { kind: 'go' };
}
