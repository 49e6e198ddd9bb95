import { isOpen, type SnapinTask } from '#domain/snapin-task.js';
import { stateName, TaskState } from '#domain/task.js';
import type { Page } from '#store/page.js';
import type { SnapinTaskQuery } from '#store/snapin-tasks.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { endSnapinTask, settleJob } from './snapin-jobs.js';

/** What hosts are to run and have run, as people read it. */

export interface SnapinTaskView
  extends Omit<SnapinTask, 'jobId' | 'hostId' | 'snapinId' | 'state' | 'offered'> {
  readonly host: string;
  readonly state: string;
}

export function listSnapinTasks(context: Context, query: SnapinTaskQuery): Page<SnapinTaskView> {
  const { items, total } = context.snapinTasks.page(query);
  return { items: describeSnapinTasks(context, items), total };
}

function describeSnapinTasks({ hosts }: Context, tasks: readonly SnapinTask[]): SnapinTaskView[] {
  const names = hosts.names([...new Set(tasks.map(({ hostId }) => hostId))]);
  return tasks.map(({ jobId: _job, hostId, snapinId: _snapin, offered: _offered, state, ...told }) => ({
    ...told,
    host: names.get(hostId) ?? String(hostId),
    state: stateName(state),
  }));
}

/** The client that is at it finishes it; its report is refused then. Throws SNAPIN_TASK_UNKNOWN, SNAPIN_TASK_OVER. Resolves when durable. */
export async function cancelSnapinTask(context: Context, id: number, actor: string): Promise<SnapinTaskView> {
  const { store, snapinTasks } = context;
  const cancelled = await store.commit(() => {
    const task = snapinTasks.byId(id);
    if (!task) throw actionErrors.SNAPIN_TASK_UNKNOWN({ id });
    if (!isOpen(task)) throw actionErrors.SNAPIN_TASK_OVER({ id, state: stateName(task.state) });
    const ending = { state: TaskState.cancelled, details: `cancelled by ${actor}` };
    endSnapinTask(context, task, ending);
    settleJob(context, task.hostId);
    return { ...task, ...ending, finishedAt: context.clock.now() };
  });
  const [view] = describeSnapinTasks(context, [cancelled]);
  if (!view) throw new Error(`snapin task ${id} has no description`);
  return view;
}
