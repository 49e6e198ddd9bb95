import type { Host } from '#domain/host.js';
import { nextState, type Task, type TaskEvent, TaskState } from '#domain/task.js';
import { type Context, hostOf } from './context.js';

export type TaskChange =
  | { readonly kind: 'done'; readonly host: Host; readonly task: Task }
  /** The same completion once more: FOS repeats it when the answer was lost. Nothing changed. */
  | { readonly kind: 'repeated'; readonly host: Host; readonly task: Task }
  | { readonly kind: 'unknown-host' }
  | { readonly kind: 'no-task'; readonly host: Host };

/** How long a completed task answers a repeated completion call with success (spec fos-protocol 3.8). */
const REPEAT_MS = 86_400_000;

/** Moves the active task of a machine by an event that the machine reported. Resolves when durable. */
export async function changeTask(
  context: Context,
  macs: readonly string[],
  event: TaskEvent,
  reason: string,
): Promise<TaskChange> {
  const match = hostOf(context, macs);
  if (match.kind !== 'one' || match.host.pending) return { kind: 'unknown-host' };
  const { host } = match;
  const { store, tasks, clock } = context;
  return store.commit((): TaskChange => {
    const task = tasks.active(host.id);
    const state = task && nextState(task.state, event);
    if (!task || state === undefined) {
      const [last] = tasks.list(host.id);
      const isRepeat =
        event === 'complete' &&
        last?.state === TaskState.complete &&
        clock.now() - (last.finishedAt ?? 0) < REPEAT_MS;
      return isRepeat ? { kind: 'repeated', host, task: last } : { kind: 'no-task', host };
    }
    tasks.move(task.id, { state, at: clock.now(), actor: 'fos', reason });
    return { kind: 'done', host, task };
  });
}
