import { type Group, isGroupName } from '#domain/group.js';
import type { Task } from '#domain/task.js';
import { messageOf } from '#errors.js';
import type { GroupQuery } from '#store/groups.js';
import type { Page } from '#store/page.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findHost } from './manage-hosts.js';
import { createTask, type TaskOrder } from './manage-tasks.js';

/** Groups of hosts, and tasks for all of one. All resolve when durable. */

/** Throws GROUP_UNKNOWN. */
export function findGroup({ groups }: Context, name: string): Group {
  const group = groups.byName(name);
  if (!group) throw actionErrors.GROUP_UNKNOWN({ name });
  return group;
}

/** Throws GROUP_NAME_BAD, GROUP_EXISTS. */
export async function addGroup(context: Context, name: string, actor: string): Promise<Group> {
  const { store, groups, clock } = context;
  if (!isGroupName(name)) throw actionErrors.GROUP_NAME_BAD({ name });
  return store.commit(() => {
    if (groups.byName(name)) throw actionErrors.GROUP_EXISTS({ name });
    groups.add({ name, description: '', createdAt: clock.now(), createdBy: actor });
    return findGroup(context, name);
  });
}

/** Its hosts stay. Throws GROUP_UNKNOWN. */
export async function removeGroup(context: Context, name: string): Promise<Group> {
  return context.store.commit(() => {
    const group = findGroup(context, name);
    context.groups.remove(group.id);
    return group;
  });
}

/** Puts hosts into a group, or takes them out: all or none. Throws GROUP_UNKNOWN, HOST_UNKNOWN. */
export async function changeMembers(
  context: Context,
  name: string,
  change: 'join' | 'leave',
  keys: readonly string[],
): Promise<Group> {
  return context.store.commit(() => {
    const group = findGroup(context, name);
    for (const key of keys) context.groups[change](group.id, findHost(context, key).id);
    return group;
  });
}

/** A group as people read it. */
export interface GroupView extends Group {
  /** Names. */
  readonly hosts: readonly string[];
}

export function describeGroup({ groups }: Context, group: Group): GroupView {
  return { ...group, hosts: groups.hostNames([group.id]).get(group.id) ?? [] };
}

export function listGroups({ groups }: Context, query: GroupQuery): Page<GroupView> {
  const { items, total } = groups.page(query);
  const hosts = groups.hostNames(items.map(({ id }) => id));
  return { items: items.map((group) => ({ ...group, hosts: hosts.get(group.id) ?? [] })), total };
}

export interface GroupOrder {
  readonly tasks: readonly Task[];
  /** Hosts that could not have the task, each with the reason. */
  readonly refused: readonly Refused[];
}

/** Orders a task for each host of a group; one that cannot have it keeps no other from it. Throws GROUP_UNKNOWN, GROUP_EMPTY. */
export async function createGroupTasks(
  context: Context,
  name: string,
  order: Omit<TaskOrder, 'host'>,
  actor: string,
): Promise<GroupOrder> {
  const { done, refused } = await forEachHost(context, name, (host) =>
    createTask(context, { ...order, host }, actor),
  );
  return { tasks: done, refused };
}

export interface Refused {
  readonly host: string;
  readonly reason: string;
}

/** Does something with each host of a group; one that refuses keeps no other from it. Throws GROUP_UNKNOWN, GROUP_EMPTY. */
export async function forEachHost<T>(
  context: Context,
  name: string,
  work: (host: string) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly refused: readonly Refused[] }> {
  const { hosts } = describeGroup(context, findGroup(context, name));
  if (hosts.length === 0) throw actionErrors.GROUP_EMPTY({ name });
  const done: T[] = [];
  const refused: Refused[] = [];
  for (const host of hosts) {
    try {
      done.push(await work(host));
    } catch (error) {
      refused.push({ host, reason: messageOf(error) });
    }
  }
  return { done, refused };
}
