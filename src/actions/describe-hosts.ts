import type { Host } from '#domain/host.js';
import { stateName } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import type { TaskView } from '#domain/task-view.js';
import type { HostQuery, HostRecord } from '#store/hosts.js';
import type { Inventory } from '#store/inventory.js';
import type { Page } from '#store/page.js';
import type { Context } from './context.js';
import { describeTasks } from './manage-tasks.js';

/** A host as a list shows it to people. */
export interface HostSummary extends Omit<HostRecord, 'task' | 'system'> {
  /** What it is at, in words. */
  readonly task: string | null;
  readonly system: string;
}

/** One host with everything that is known of it, but for its product key. */
export interface HostDetails extends HostSummary {
  readonly macFlags: Host['macs'];
  readonly kernel: string;
  readonly init: string;
  readonly kernelArgs: string;
  readonly biosExit: string;
  readonly efiExit: string;
  readonly disk: string;
  readonly createdBy: string;
  readonly inventory: Inventory | null;
  readonly inventoryHistory: ReadonlyArray<Pick<Inventory, 'reported'> & { readonly until: number }>;
  /** Newest first. */
  readonly tasks: readonly TaskView[];
}

/** A machine that is imaged daily for years has thousands; the list of tasks has them all. */
const SHOWN_TASKS = 50;

export function listHosts({ hosts }: Context, query: HostQuery): Page<HostSummary> {
  const { items, total } = hosts.page(query);
  return { items: items.map(summarise), total };
}

export function summariseHost({ hosts }: Context, host: Pick<Host, 'id'>): HostSummary {
  const [record] = hosts.records([host.id]);
  if (!record) throw new Error(`host ${host.id} vanished`);
  return summarise(record);
}

export function describeHost(context: Context, host: Host): HostDetails {
  const { inventory, tasks } = context;
  return {
    ...summariseHost(context, host),
    macFlags: host.macs,
    kernel: host.kernel,
    init: host.init,
    kernelArgs: host.kernelArgs,
    biosExit: host.biosExit,
    efiExit: host.efiExit,
    disk: host.disk,
    createdBy: host.createdBy,
    inventory: inventory.get(host.id) ?? null,
    inventoryHistory: inventory.history(host.id),
    tasks: describeTasks(context, tasks.list(host.id).slice(0, SHOWN_TASKS)),
  };
}

export function summarise({ task, system, ...record }: HostRecord): HostSummary {
  return {
    ...record,
    task: task ? `${taskType(task.typeId)?.name ?? task.typeId} (${stateName(task.state)})` : null,
    system: system.join(' '),
  };
}
