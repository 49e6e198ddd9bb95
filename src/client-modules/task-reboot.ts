import type { Task } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import type { ClientModule } from './module.js';

/** Reboots the machine when a task waits for it (spec client-protocol 7.7). */
export const taskReboot: ClientModule = {
  key: 'taskreboot',
  tell: (_context, { task }) => ({ job: needsNetworkBoot(task) }),
};

/** Whether the active task of a host begins with a boot from the network. */
export function needsNetworkBoot(task: Task | undefined): boolean {
  const type = task && taskType(task.typeId);
  return type !== undefined && type.boots === undefined;
}
