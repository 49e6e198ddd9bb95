import { primaryMac } from '#domain/host.js';
import { nextState, type Task, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { endSnapinsOf } from './order-snapins.js';

/** fogd gives a task up, and its machine's story says why. False where it is over already. Resolves when durable. */
export async function failTask(context: Context, task: Task, reason: string): Promise<boolean> {
  const { store, tasks, hosts, recorder, clock } = context;
  const failed = await store.commit(() => {
    const state = nextState(tasks.byId(task.id)?.state ?? TaskState.failed, 'fail');
    if (state === undefined) return false;
    tasks.move(task.id, { state, at: clock.now(), actor: 'fogd', reason });
    endSnapinsOf(context, task, `its task failed: ${reason}`);
    return true;
  });
  if (!failed) return false;
  const host = hosts.byId(task.hostId);
  recorder.record({
    service: 'fogd',
    event: 'task-failed',
    outcome: 'failed',
    who: host ? { mac: primaryMac(host) } : {},
    reasons: [reason],
    facts: { task: task.id },
  });
  return true;
}
