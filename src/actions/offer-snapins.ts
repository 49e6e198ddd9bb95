import { createHash, createHmac } from 'node:crypto';
import type { Host } from '#domain/host.js';
import type { Snapin } from '#domain/snapin.js';
import {
  type SnapinEntry,
  type SnapinOffer,
  type SnapinTask,
  spent,
  UNREPORTED,
} from '#domain/snapin-task.js';
import { type Task, TaskState } from '#domain/task.js';
import { isSnapinTask } from '#domain/task-type.js';
import type { Context } from './context.js';
import { endSnapinTask, moveHostTask, settleJob } from './snapin-jobs.js';
import { type FileState, snapinState } from './verify-snapins.js';

const SECRET_BYTES = 16;

/** Of what stands in the address of a file. */
export const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** The same at each poll of a session: else whoever names the MAC could poll between the client and its file, and the client would be refused. */
const secretOf = (key: Buffer, task: SnapinTask): string =>
  createHmac('sha256', key)
    .update(`snapin ${task.id}`)
    .digest()
    .subarray(0, SECRET_BYTES)
    .toString('base64url');

/**
 * What the client of a host is told of its snapins at its poll (spec client-protocol 3.5, 5.1, 5.4): all that is open, in order. Who calls this
 * has made sure that the client has a session. `active`: the task of the host. `root`: the server as the client reached it, `http://10.0.0.1/fog`.
 * `key`: of that session. One that cannot be handed out now is left out, and those behind it have their turn; it is offered when its file is as
 * it was, or another is there. Resolves when kill -9 cannot undo it.
 */
export async function offerSnapins(
  context: Context,
  host: Host,
  active: Task | undefined,
  root: string,
  key: Buffer,
): Promise<SnapinOffer> {
  const { store, snapins, snapinTasks } = context;
  if (active && !isSnapinTask(active.typeId)) return { error: 'it' };
  const job = snapinTasks.openJob(host.id);
  if (!job) return { error: 'ns' };
  const states = new Map<number, FileState>();
  for (const { snapinId } of snapinTasks.open(job.id)) {
    const snapin = snapinId === null ? undefined : snapins.byId(snapinId);
    if (snapin) states.set(snapin.id, await snapinState(context, snapin));
  }
  const entries = await store.commitGrouped(() => {
    const offered = snapinTasks.open(job.id).flatMap((task) => {
      const snapin = task.snapinId === null ? undefined : snapins.byId(task.snapinId);
      if (!mayOffer(context, task, snapin, states)) return [];
      return [offerOne(context, task, snapin, root, secretOf(key, task))];
    });
    if (offered.length > 0) {
      snapinTasks.moveJob(job.id, TaskState.checkedIn);
      moveHostTask(context, host.id, TaskState.checkedIn, 'the client was told of its snapins');
    }
    settleJob(context, host.id);
    return offered;
  });
  return entries.length === 0 ? { error: 'ns' } : { snapins: entries };
}

function mayOffer(
  context: Context,
  task: SnapinTask,
  snapin: Snapin | undefined,
  states: ReadonlyMap<number, FileState>,
): snapin is Snapin {
  const over = snapin ? spent(task) : 'the snapin was removed';
  if (over !== undefined || !snapin) {
    endSnapinTask(context, task, { state: TaskState.failed, details: over ?? '' });
    return false;
  }
  const state = states.get(snapin.id) ?? 'unknown';
  if (snapin.enabled && state === 'good') return true;
  const why = snapin.enabled ? snapin.damage || 'its file is read again' : 'the snapin is disabled';
  context.snapinTasks.change(task.id, { details: `held back: ${why}` });
  return false;
}

function offerOne(
  { snapinTasks, clock }: Context,
  task: SnapinTask,
  snapin: Snapin,
  root: string,
  secret: string,
): SnapinEntry {
  const { sha512: offered } = snapin;
  snapinTasks.change(task.id, {
    state: TaskState.checkedIn,
    checkedInAt: clock.now(),
    offered,
    secretHash: secretHash(secret),
    ...(task.details.startsWith('held back') ? { details: '' } : {}),
    ...(task.state === TaskState.inProgress ? UNREPORTED : {}),
  });
  return {
    pack: snapin.pack,
    hide: snapin.hide,
    timeout: String(snapin.timeout),
    jobtaskid: String(task.id),
    jobcreation: new Date(task.createdAt).toISOString().slice(0, 19).replace('T', ' '),
    name: snapin.name,
    args: snapin.args,
    action: snapin.action,
    filename: snapin.file,
    runwith: snapin.runWith,
    runwithargs: snapin.runWithArgs,
    hash: offered.toUpperCase(),
    size: snapin.size,
    url: `${root}/x/${secret}`,
  };
}
