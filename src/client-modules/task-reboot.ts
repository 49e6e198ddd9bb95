import type { Context } from '#actions/context.js';
import type { Host } from '#domain/host.js';
import { taskType } from '#domain/task-type.js';
import type { ClientModule } from './module.js';

/** Reboots the machine when a task waits for it (spec client-protocol 7.7). */
export const taskReboot: ClientModule = {
  key: 'taskreboot',
  tell: (context, { host }) => ({ job: needsNetworkBoot(context, host) }),
};

/** Whether the host has a task that begins with a boot from the network. */
export function needsNetworkBoot({ tasks }: Context, host: Host): boolean {
  const task = tasks.active(host.id);
  const type = task && taskType(task.typeId);
  return type !== undefined && type.boots === undefined;
}
