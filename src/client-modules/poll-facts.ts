import type { Context } from '#actions/context.js';
import type { ClientSettings } from '#domain/client-settings.js';
import type { Host } from '#domain/host.js';
import type { PowerPlan } from '#domain/power-plan.js';
import type { Task } from '#domain/task.js';

/** What the modules tell from: read once at each poll, since several of them ask for the same. */
export interface PollFacts {
  readonly own: ClientSettings;
  readonly task: Task | undefined;
  readonly plans: readonly PowerPlan[];
  /** Modules that are switched off for the host. */
  readonly off: readonly string[];
}

export function pollFacts({ clientSettings, tasks, power, clients }: Context, { id }: Host): PollFacts {
  return {
    own: clientSettings.get(id),
    task: tasks.active(id),
    plans: power.plans(id),
    off: clients.modulesOff(id),
  };
}
