import type { Snapin } from '#domain/snapin.js';
import type { SnapinTask } from '#domain/snapin-task.js';
import { TaskState } from '#domain/task.js';
import { isSnapinTask } from '#domain/task-type.js';
import type { Context } from './context.js';

/** The one open job of a host: how snapins come into it, and how it ends. All of this runs inside a transaction of the caller. */

/** Adds snapins at the end of the host's job; one that is open there already is not added twice. */
export function addToJob(context: Context, hostId: number, snapins: readonly Snapin[], actor: string): void {
  const { snapinTasks, clock } = context;
  const [createdAt, createdBy] = [clock.now(), actor];
  const job = snapinTasks.openJob(hostId) ?? snapinTasks.addJob(hostId, createdAt);
  const open = snapinTasks.open(job.id);
  for (const { id: snapinId, name: snapin } of snapins) {
    if (open.some((task) => task.snapinId === snapinId)) continue;
    snapinTasks.add({ id: freeId(context), jobId: job.id, snapinId, snapin, createdAt, createdBy });
  }
}

/** The client knows tasks by a number of 31 bits; 0 is none to it. */
function freeId({ snapinTasks, random }: Context): number {
  for (;;) {
    const id = random(4).readUInt32BE() >>> 1;
    if (id !== 0 && !snapinTasks.byId(id)) return id;
  }
}

export interface Ending {
  readonly state: TaskState;
  readonly details: string;
  readonly exitCode?: number;
}

/** Ends all that is open of a host: what comes of it later is refused. The host's own task is the caller's to end. */
export function endJob(context: Context, hostId: number, ending: Ending): void {
  const { snapinTasks } = context;
  const job = snapinTasks.openJob(hostId);
  if (!job) return;
  for (const task of snapinTasks.open(job.id)) endSnapinTask(context, task, ending);
  snapinTasks.moveJob(job.id, ending.state);
}

/** Ends one. `settleJob` follows. */
export function endSnapinTask({ snapinTasks, clock }: Context, task: SnapinTask, ending: Ending): void {
  snapinTasks.change(task.id, { ...ending, finishedAt: clock.now() });
}

/** Completes the host's job and its snapin task when nothing of them is open any more. */
export function settleJob(context: Context, hostId: number): void {
  const { snapinTasks, tasks, clock } = context;
  const job = snapinTasks.openJob(hostId);
  if (!job || snapinTasks.open(job.id).length > 0) return;
  snapinTasks.moveJob(job.id, TaskState.complete);
  const task = tasks.active(hostId);
  if (!task || !isSnapinTask(task.typeId)) return;
  const reason = 'all its snapins are done; see fogd snapin history';
  tasks.move(task.id, { state: TaskState.complete, at: clock.now(), actor: 'client', reason });
}

/** The host's snapin task follows the state of its job; the way back is not told each time that the client asks. */
export function moveHostTask(context: Context, hostId: number, state: 2 | 3, reason: string): void {
  const { tasks, clock } = context;
  const task = tasks.active(hostId);
  if (!task || !isSnapinTask(task.typeId)) return;
  const at = clock.now();
  tasks.seen(task.id, at);
  if (task.state >= state) return;
  tasks.move(task.id, { state, at, actor: 'client', reason });
  if (state === TaskState.inProgress) tasks.started(task.id, at);
}
