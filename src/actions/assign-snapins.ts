import type { Host } from '#domain/host.js';
import { isOverSnapinLimit } from '#domain/snapin.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findGroup } from './manage-groups.js';
import { findHost } from './manage-hosts.js';
import { describeSnapin, describeSnapins, findSnapin, type SnapinView } from './manage-snapins.js';

/** Which hosts have which snapins, in which order. All resolve when durable. */

/** Hosts by name or MAC, or those that are in a group now: FOG's groups hand on what they are told and keep nothing of it (data-model 4). */
export interface HostChoice {
  readonly hosts?: readonly string[];
  readonly group?: string;
}

/** Gives a snapin to hosts as their last one, or takes it from them: all or none. Throws SNAPIN_UNKNOWN, HOST_UNKNOWN, GROUP_UNKNOWN, GROUP_EMPTY, SNAPIN_NO_HOSTS, SNAPIN_LIMIT. */
export async function assignSnapin(
  context: Context,
  key: string,
  change: 'assign' | 'unassign',
  choice: HostChoice,
): Promise<SnapinView> {
  const { store, snapins } = context;
  return store.commit(() => {
    const snapin = findSnapin(context, key);
    for (const hostId of chosen(context, choice))
      keepLimit(context, hostId, () => snapins[change](hostId, snapin.id));
    return describeSnapin(context, snapin);
  });
}

/** A host that would have more than snapins.limit allows gets nothing: what throws in a transaction undoes it. */
function keepLimit({ snapins, hosts, settings }: Context, hostId: number, change: () => void): void {
  const count = () => snapins.ofHost(hostId).length;
  const had = count();
  change();
  const { limit } = settings.snapins;
  if (!isOverSnapinLimit(count(), limit, had)) return;
  throw actionErrors.SNAPIN_LIMIT({ name: hosts.byId(hostId)?.name ?? hostId, limit });
}

function chosen(context: Context, { hosts = [], group: name }: HostChoice): number[] {
  const named = hosts.map((key) => findHost(context, key).id);
  if (name === undefined && named.length === 0) throw actionErrors.SNAPIN_NO_HOSTS({});
  if (name === undefined) return named;
  const members = context.groups.members(findGroup(context, name).id);
  if (members.length === 0) throw actionErrors.GROUP_EMPTY({ name });
  return [...named, ...members];
}

/** Snapins of a host in the order in which it runs them. Throws HOST_UNKNOWN. */
export function hostSnapins(context: Context, key: string): SnapinView[] {
  return describeSnapins(context, context.snapins.ofHost(findHost(context, key).id));
}

/** Gives a host exactly these, in this order. Throws HOST_UNKNOWN, SNAPIN_UNKNOWN, SNAPIN_LIMIT. */
export async function setHostSnapins(
  context: Context,
  key: string,
  names: readonly string[],
): Promise<SnapinView[]> {
  const { store, snapins } = context;
  const host: Host = findHost(context, key);
  await store.commit(() => {
    const wanted = names.map((name) => findSnapin(context, name).id);
    keepLimit(context, host.id, () => {
      for (const { id } of snapins.ofHost(host.id)) snapins.unassign(host.id, id);
      for (const id of wanted) snapins.assign(host.id, id);
    });
  });
  return hostSnapins(context, key);
}
