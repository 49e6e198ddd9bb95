import type { Host } from '#domain/host.js';
import { clean } from '#domain/inventory.js';
import { isOpen, parseExitCode, type Reported, reportOutcome, type SnapinTask } from '#domain/snapin-task.js';
import { stateName, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { calledTask, type SnapinCaller } from './send-snapin.js';
import { endSnapinTask, settleJob } from './snapin-jobs.js';

/** FOG's column. */
const MAX_DETAILS = 250;

export type SnapinReport =
  | { readonly kind: 'noted'; readonly host: Host; readonly task: SnapinTask; readonly outcome: Reported }
  /** The same once more: nothing changed. */
  | { readonly kind: 'repeated'; readonly host: Host; readonly task: SnapinTask }
  | { readonly kind: 'refused'; readonly reason: string; readonly host?: Host };

/**
 * What came of a snapin (spec client-protocol 5.3), whatever the code. The client does not repeat it, and never looks at the answer. `details`:
 * text of a stranger, which goes to people's terminals. Resolves when durable.
 */
export async function reportSnapin(
  context: Context,
  caller: SnapinCaller & { readonly exitCode: string; readonly details: string },
): Promise<SnapinReport> {
  const { store, snapinTasks } = context;
  const exitCode = parseExitCode(caller.exitCode);
  if (exitCode === undefined)
    return { kind: 'refused', reason: `${clean(caller.exitCode, 40) || 'nothing'} is no exit code` };
  return store.commit((): SnapinReport => {
    const found = calledTask(context, caller);
    if (found.kind === 'refused') return found;
    const { host, task } = found;
    if (!isOpen(task)) {
      if (task.state === TaskState.complete && task.exitCode === exitCode)
        return { kind: 'repeated', host, task };
      return { kind: 'refused', reason: `task ${task.id} is over (${stateName(task.state)})`, host };
    }
    const outcome = reportOutcome(task, exitCode, clean(caller.details, MAX_DETAILS));
    if (outcome.state === TaskState.queued) snapinTasks.change(task.id, outcome);
    else endSnapinTask(context, task, outcome);
    settleJob(context, host.id);
    return { kind: 'noted', host, task, outcome };
  });
}
