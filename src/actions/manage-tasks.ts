import { type Host, primaryMac, wakeMacs } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { overallPercent } from '#domain/progress.js';
import { isOutOfReach } from '#domain/share.js';
import { ACTIVE_STATES, nextState, stateName, type Task, TaskState } from '#domain/task.js';
import { isSnapinTask, type TaskKey, type TaskType, taskType, taskTypeByKey } from '#domain/task-type.js';
import type { ProgressView, TaskView } from '#domain/task-view.js';
import { messageOf } from '#errors.js';
import type { Page } from '#store/page.js';
import type { TaskQuery } from '#store/tasks.js';
import type { Context } from './context.js';
import { releaseSession } from './end-session.js';
import { actionErrors } from './errors.js';
import { waitsForGeneration } from './generations.js';
import { findHost } from './manage-hosts.js';
import { findImage } from './manage-images.js';
import { nodeFor } from './manage-storage-nodes.js';
import { imageShape } from './open-session.js';
import { endSnapinsOf, joinSnapinTask, orderedSnapins, replaceJob, startSnapins } from './order-snapins.js';

/** What people do with tasks. All throw errors of the catalogue and resolve when durable. */

export { assignImage } from './manage-images.js';

export interface TaskOrder {
  /** Name or MAC. */
  readonly host: string;
  readonly type: TaskKey;
  /** For imaging. Default: the image assigned to the host. */
  readonly image?: string;
  /** Power off instead of rebooting at the end. */
  readonly shutdown?: boolean;
  /** Does not wait for a slot. */
  readonly forced?: boolean;
  /** Turn the machine on for it (wake on LAN). */
  readonly wake?: boolean;
  /** Windows account, for a password reset. */
  readonly account?: string;
  /** Of a task for a single one. */
  readonly snapin?: string;
}

/**
 * Orders a task; it starts when the machine boots from the network (rules: spec fos-protocol 4.2). A task that waits and images nothing is
 * replaced. Throws HOST_UNKNOWN, HOST_PENDING, HOST_BUSY, TASK_TYPE_OFF, ACCOUNT_BAD, NO_IMAGE, IMAGE_UNKNOWN, IMAGE_DISABLED,
 * IMAGE_PROTECTED, IMAGE_EMPTY, IMAGE_INCOMPLETE, IMAGE_BEING_CAPTURED, IMAGES_NO_SPACE, NO_STORAGE_NODE, SNAPIN_UNKNOWN, SNAPIN_DISABLED,
 * SNAPIN_DAMAGED, SNAPIN_NOT_NAMED, SNAPINS_NONE.
 */
export async function createTask(context: Context, order: TaskOrder, actor: string): Promise<Task> {
  const { store, tasks, clock, images } = context;
  const host = findHost(context, order.host);
  if (host.pending) throw actionErrors.HOST_PENDING({ name: host.name });
  const type = taskTypeByKey(order.type);
  checkOrder(context, type, order);
  const image = type.imaging && orderedImage(context, host, order.image);
  if (image && type.imaging) await checkImage(context, image, type.imaging);
  if (type.key === 'wake') return wakeHost(context, host, type, actor);
  const snapins = orderedSnapins(context, host, type, order.snapin);
  const task = await store.commit(() => {
    const joined = joinSnapinTask(context, host, type, snapins, actor);
    if (joined) return joined;
    makeRoom(context, host, actor);
    if (image && type.imaging === 'capture') {
      if (isBeingCaptured(context, image)) throw actionErrors.IMAGE_BEING_CAPTURED({ name: image.name });
      // Between the look at its files and this transaction somebody may have protected it.
      if (images.byId(image.id)?.protected) throw actionErrors.IMAGE_PROTECTED({ name: image.name });
    }
    if (image && !images.byId(image.id)) throw actionErrors.IMAGE_UNKNOWN({ key: image.name });
    const node = type.imaging && nodeFor(context, host.id, type.imaging);
    if (type.imaging && !node) throw actionErrors.NO_STORAGE_NODE({ kind: type.imaging });
    const id = tasks.add(
      {
        typeId: type.id,
        hostId: host.id,
        ...(image ? { imageId: image.id } : {}),
        ...(node ? { nodeId: node.id } : {}),
        shutdown: order.shutdown ?? false,
        forced: order.forced ?? false,
        account: type.key === 'password-reset' ? (order.account ?? '') : '',
      },
      { state: TaskState.queued, at: clock.now(), actor, reason: 'created' },
    );
    startSnapins(context, host, type, snapins, actor);
    return known(context, id);
  });
  if (order.wake) await turnOn(context, host);
  return task;
}

/** The task is there already: that its machine could not be turned on for it is in the machine's story. */
async function turnOn({ wake, recorder }: Context, host: Host): Promise<void> {
  try {
    await wake(wakeMacs(host));
  } catch (error) {
    const who = { mac: primaryMac(host) };
    recorder.record({
      ...{ service: 'fogd', event: 'wake-failed', outcome: 'failed', who },
      reasons: [messageOf(error)],
    });
  }
}

/** Over as soon as the packets are sent: whether a machine hears them, nobody says. A task that waits stays. */
async function wakeHost(context: Context, host: Host, type: TaskType, actor: string): Promise<Task> {
  const { store, tasks, clock, wake } = context;
  const sent = await wake(wakeMacs(host));
  const reason =
    sent.length === 0 ? 'this server is in no network' : `magic packets were sent to ${sent.join(', ')}`;
  return store.commit(() => {
    const [at, ordered] = [clock.now(), { typeId: type.id, hostId: host.id }];
    const id = tasks.add(ordered, { state: TaskState.queued, at, actor, reason: 'created' });
    const state = sent.length === 0 ? TaskState.failed : TaskState.complete;
    tasks.move(id, { state, at, actor: 'fogd', reason });
    return known(context, id);
  });
}

/** One word of the harmless alphabet: FOS evaluates it in a root shell. Its blank is written `+_+` on the wire (spec 2.1). */
const ACCOUNT = /^[A-Za-z0-9._@-]{1,64}$/;

function checkOrder({ settings }: Context, type: TaskType, order: TaskOrder): void {
  const off = (reason: string) => actionErrors.TASK_TYPE_OFF({ type: type.name, reason });
  if (type.key === 'multicast')
    throw off('fogd does not multicast yet; deploys share the network fairly by the queue');
  if (type.kernelArgs.includes('mode=clamav') && settings.tasks.clamav_share === undefined)
    throw off('tasks.clamav_share names no share with ClamAV');
  if (type.key === 'password-reset' && !ACCOUNT.test(order.account ?? ''))
    throw actionErrors.ACCOUNT_BAD({ account: order.account ?? '' });
}

/**
 * A host has one active task. One that waits and images nothing gives way; what is at work, and imaging, does not. Snapins always do: a
 * client that vanished must not keep its machine from being imaged.
 */
function makeRoom(context: Context, host: Host, actor: string): void {
  const { tasks, clock } = context;
  const active = tasks.active(host.id);
  if (!active) return;
  const type = taskType(active.typeId);
  const waits = active.state === TaskState.queued || isSnapinTask(active.typeId);
  if (type?.imaging || !waits)
    throw actionErrors.HOST_BUSY({ name: host.name, task: type?.name ?? active.typeId });
  const state = nextState(active.state, 'cancel');
  if (state !== undefined)
    tasks.move(active.id, { state, at: clock.now(), actor, reason: 'replaced by another task' });
  if (isSnapinTask(active.typeId)) replaceJob(context, host.id);
}

function orderedImage(context: Context, host: Host, key: string | undefined): Image {
  if (key !== undefined) return findImage(context, key);
  const image = host.imageId === null ? undefined : context.images.byId(host.imageId);
  if (!image) throw actionErrors.NO_IMAGE({ name: host.name });
  return image;
}

/** Whether this can work at all now; the same is looked at again when the machine checks in. */
export async function checkImage(context: Context, image: Image, kind: 'deploy' | 'capture'): Promise<void> {
  const { imageStore, generations, settings } = context;
  if (!image.enabled) throw actionErrors.IMAGE_DISABLED({ name: image.name });
  if (kind === 'deploy') {
    // Its machine waits at the check-in.
    if (waitsForGeneration(context, image) !== undefined || isOutOfReach(settings)) return;
    if ((await imageStore.published(image.path)) === undefined)
      throw actionErrors.IMAGE_EMPTY({ name: image.name });
    const current = generations.current(image.id);
    if (current?.state === 'damaged')
      throw actionErrors.GENERATION_DAMAGED({
        name: image.name,
        number: current.number,
        reason: current.reason,
      });
    await imageStore.deployable(imageShape(image));
    return;
  }
  if (image.protected) throw actionErrors.IMAGE_PROTECTED({ name: image.name });
  const trouble = context.exports.captureTrouble();
  if (trouble !== undefined) throw actionErrors.IMAGES_ELSEWHERE({ reason: trouble });
  const reserve = settings.images.reserve_mib * 1_048_576;
  // The new generation stands beside the one that is there, and will be about as large.
  const estimate = generations.current(image.id)?.serverBytes ?? 0;
  let free = await imageStore.freeBytes();
  if (free < reserve + estimate) {
    // What was just removed is not free yet.
    await imageStore.emptyTrash();
    free = await imageStore.freeBytes();
  }
  if (free < reserve + estimate)
    throw actionErrors.IMAGES_NO_SPACE({
      free: Math.floor(free / 1_048_576),
      estimate: Math.ceil(estimate / 1_048_576),
      reserve: settings.images.reserve_mib,
    });
}

function isBeingCaptured({ tasks }: Context, image: Image): boolean {
  return tasks
    .allActive()
    .some(({ imageId, typeId }) => imageId === image.id && taskType(typeId)?.imaging === 'capture');
}

/** Throws TASK_UNKNOWN. */
export function taskById(context: Context, id: number): Task {
  const task = context.tasks.byId(id);
  if (!task) throw actionErrors.TASK_UNKNOWN({ id });
  return task;
}

function known({ tasks }: Context, id: number): Task {
  const task = tasks.byId(id);
  if (!task) throw new Error(`task ${id} vanished inside its own transaction`);
  return task;
}

/**
 * Cancels a task: its export is taken away, so that a client that is at work stops within seconds, reports an error and reboots
 * (spec 11.4). Throws TASK_UNKNOWN, TASK_OVER.
 */
export async function cancelTaskById(context: Context, id: number, actor: string): Promise<Task> {
  const { store, tasks, sessions, hosts, clock, recorder } = context;
  const ended = await store.commit(() => {
    const task = taskById(context, id);
    const state = nextState(task.state, 'cancel');
    if (state === undefined) throw actionErrors.TASK_OVER({ id, state: stateName(task.state) });
    tasks.move(id, { state, at: clock.now(), actor, reason: `cancelled by ${actor}` });
    endSnapinsOf(context, task, `cancelled by ${actor}`);
    const live = sessions.liveOfTask(id);
    for (const session of live) sessions.ended(session.id, `the task was cancelled by ${actor}`, clock.now());
    return live;
  });
  for (const session of ended) await releaseSession(context, session);
  const task = known(context, id);
  // A machine that has not booted for it has no story yet.
  if (ended.length === 0) return task;
  const mac = hosts.byId(task.hostId)?.macs[0]?.mac;
  const facts = { task: id, type: taskType(task.typeId)?.name ?? task.typeId, actor };
  const who = mac === undefined ? {} : { mac };
  recorder.record({ service: 'fogd', event: 'task-cancelled', outcome: 'answered', who, reasons: [], facts });
  return task;
}

/** Cancels the host's active task. Throws HOST_UNKNOWN, NO_TASK. */
export async function cancelTask(context: Context, key: string, actor: string): Promise<Host> {
  const host = findHost(context, key);
  const task = context.tasks.active(host.id);
  if (!task) throw actionErrors.NO_TASK({ name: host.name });
  await cancelTaskById(context, task.id, actor);
  return host;
}

function progressView({ progress, typeId }: Task, image: Image | undefined): ProgressView | null {
  if (!progress) return null;
  const { bytes: _bytes, doneBytes: _done, data: _data, ...told } = progress;
  const isDeploy = taskType(typeId)?.imaging === 'deploy';
  return { ...told, overall: isDeploy && image ? overallPercent(progress, image.clientBytes) : null };
}

export function describeTask(context: Context, task: Task): TaskView {
  const [view] = describeTasks(context, [task]);
  if (!view) throw new Error(`task ${task.id} has no description`);
  return view;
}

/** What they belong to is read once for all of them. */
export function describeTasks(context: Context, wanted: readonly Task[]): TaskView[] {
  const { hosts, images } = context;
  const names = hosts.names([...new Set(wanted.map(({ hostId }) => hostId))]);
  const known = images.byIds([...new Set(wanted.flatMap(({ imageId }) => imageId ?? []))]);
  const placeOf = queuePlaces(context, wanted);
  return wanted.map((task) => {
    const image = task.imageId === null ? undefined : known.get(task.imageId);
    return {
      id: task.id,
      type: taskType(task.typeId)?.name ?? String(task.typeId),
      state: stateName(task.state),
      host: names.get(task.hostId) ?? String(task.hostId),
      image: image?.name ?? null,
      createdAt: task.createdAt,
      createdBy: task.createdBy,
      startedAt: task.startedAt,
      finishedAt: task.finishedAt ?? null,
      lastSeenAt: task.seenAt,
      reason: task.reason,
      before: placeOf(task),
      progress: ACTIVE_STATES.includes(task.state) ? progressView(task, image) : null,
    };
  });
}

export function listTasks(context: Context, query: TaskQuery): Page<TaskView> {
  const { items, total } = context.tasks.page(query);
  return { items: describeTasks(context, items), total };
}

/** How many stand before a task in the queue of its node; the queues are read only where somebody waits. */
function queuePlaces(
  { tasks, clock, settings }: Context,
  wanted: readonly Task[],
): (task: Task) => number | null {
  const waits = ({ state, checkedInAt }: Task) => state === TaskState.checkedIn && checkedInAt !== null;
  if (!wanted.some(waits)) return () => null;
  const queues = tasks.queues(clock.now() - settings.tasks.checkin_timeout * 1000);
  return (task) => {
    if (!waits(task)) return null;
    const isBefore = ({ taskId, checkedInAt }: { taskId: number; checkedInAt: number }) =>
      checkedInAt < (task.checkedInAt ?? 0) || (checkedInAt === task.checkedInAt && taskId < task.id);
    return (queues.get(task.nodeId ?? 0) ?? []).filter(isBefore).length;
  };
}
