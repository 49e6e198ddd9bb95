import type { Host } from '#domain/host.js';
import type { Snapin } from '#domain/snapin.js';
import { REPLACED, REPLACED_DETAILS } from '#domain/snapin-task.js';
import { type Task, TaskState } from '#domain/task.js';
import { isSnapinTask, type TaskType, taskType, taskTypeByKey } from '#domain/task-type.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findSnapin } from './manage-snapins.js';
import { addToJob, endJob } from './snapin-jobs.js';

/**
 * The snapins that come with a task of a type (data-model 3.1, rest-api 9). Throws SNAPIN_UNKNOWN, SNAPIN_DISABLED, SNAPIN_DAMAGED,
 * SNAPIN_NOT_NAMED, SNAPINS_NONE.
 */
export function orderedSnapins(
  context: Context,
  host: Host,
  { snapins }: TaskType,
  key: string | undefined,
): readonly Snapin[] {
  if (snapins === 'one') {
    if (key === undefined) throw actionErrors.SNAPIN_NOT_NAMED({});
    const snapin = findSnapin(context, key);
    const { name, damage } = snapin;
    if (!snapin.enabled) throw actionErrors.SNAPIN_DISABLED({ name });
    if (damage !== '') throw actionErrors.SNAPIN_DAMAGED({ name, reason: damage });
    return [snapin];
  }
  if (snapins === undefined) return [];
  const enabled = context.snapins.ofHost(host.id).filter((one) => one.enabled);
  // FOG makes a task for them that never ends.
  if (snapins === 'all' && enabled.length === 0) throw actionErrors.SNAPINS_NONE({ name: host.name });
  return enabled;
}

/** One snapin more for a host whose client is to run snapins anyway: that task becomes one for all of them, as in FOG. */
export function joinSnapinTask(
  context: Context,
  host: Host,
  type: TaskType,
  snapins: readonly Snapin[],
  actor: string,
): Task | undefined {
  const active = context.tasks.active(host.id);
  if (type.snapins !== 'one' || !active || !isSnapinTask(active.typeId)) return undefined;
  addToJob(context, host.id, snapins, actor);
  context.tasks.changeType(active.id, taskTypeByKey('snapins').id);
  return context.tasks.byId(active.id);
}

/**
 * Fills the job of a host whose task has just been made. All snapins anew, and a disk that is written anew, end what was open; inside a
 * transaction.
 */
export function startSnapins(
  context: Context,
  host: Host,
  type: TaskType,
  snapins: readonly Snapin[],
  actor: string,
): void {
  if (type.snapins === 'all' || type.imaging === 'deploy') replaceJob(context, host.id);
  if (snapins.length > 0) addToJob(context, host.id, snapins, actor);
}

/** A newer task takes the place of what a host was to run; inside a transaction. */
export function replaceJob(context: Context, hostId: number): void {
  endJob(context, hostId, { state: TaskState.cancelled, exitCode: REPLACED, details: REPLACED_DETAILS });
}

/** A task of the host has ended before its time, and with it the snapins that belong to it; inside a transaction. */
export function endSnapinsOf(context: Context, task: Task, details: string): void {
  if (taskType(task.typeId)?.snapins === undefined) return;
  endJob(context, task.hostId, { state: TaskState.cancelled, details });
}
