import type { Progress } from './progress.js';

/** A task and its states (spec fos-protocol 4.1, 7.4). Pure: `tasks.ts` of the store keeps them. */

export const TaskState = {
  queued: 1,
  checkedIn: 2,
  inProgress: 3,
  complete: 4,
  cancelled: 5,
  failed: 6,
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

export const ACTIVE_STATES: readonly TaskState[] = [
  TaskState.queued,
  TaskState.checkedIn,
  TaskState.inProgress,
];

/** FOG's, by number. */
export const STATE_NAMES: Readonly<Record<TaskState, string>> = {
  1: 'Queued',
  2: 'Checked In',
  3: 'In-Progress',
  4: 'Complete',
  5: 'Cancelled',
  6: 'Failed',
};

export function stateName(state: TaskState): string {
  return STATE_NAMES[state];
}

export interface Task {
  readonly id: number;
  readonly typeId: number;
  readonly hostId: number;
  readonly state: TaskState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly finishedAt?: number;
  /** The image at creation; changing the host's image later changes nothing here (spec 4.2). */
  readonly imageId: number | null;
  /** The storage node that serves it; none for tasks that image nothing. */
  readonly nodeId: number | null;
  readonly shutdown: boolean;
  /** Passes the queue. */
  readonly forced: boolean;
  /** Windows account of a password reset; empty for others. */
  readonly account: string;
  /** How many boots have begun it: FOS was seen for it (design section 3). */
  readonly attempts: number;
  /** The first check-in of this boot: the place in the queue (spec 4.3). */
  readonly checkedInAt: number | null;
  /** The last call of the machine. */
  readonly seenAt: number | null;
  /** When the slot was granted. */
  readonly startedAt: number | null;
  readonly progress: Progress | null;
  /** Why it is in its state, in words. */
  readonly reason: string;
}

export type TaskEvent = 'check-in' | 'wait' | 'complete' | 'cancel' | 'fail';

/**
 * The state after an event, or undefined when the event changes nothing: progress reports, errors and repeated calls of a client whose
 * task has ended must not revive it (spec 11.4).
 */
export function nextState(state: TaskState, event: TaskEvent): TaskState | undefined {
  if (!ACTIVE_STATES.includes(state)) return undefined;
  switch (event) {
    // A machine that reboots half way checks in again and is let through again (spec 3.5).
    case 'check-in':
      return TaskState.inProgress;
    case 'wait':
      return TaskState.checkedIn;
    case 'complete':
      return TaskState.complete;
    case 'cancel':
      return TaskState.cancelled;
    case 'fail':
      return TaskState.failed;
  }
}
