import type { Logger } from '#daemon/log.js';
import { OFFER_MS, REPEAT_MS } from '#domain/session.js';
import { nextState, TaskState } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import { failTask } from './fail-task.js';

const LOOK_EVERY_MS = 15_000;
/** A session without an imaging task has no end of its own that FOS would tell. */
const IDLE_MS = 3_600_000;
/** A quick deploy reports every few seconds while it works; then it says nothing more. */
const QUICK_IDLE_MS = 300_000;

/** Watches over tasks and sessions whose machine vanished: FOG lets such a machine keep its slot for ever (spec fos-protocol 4.1). */
export class TaskKeeper {
  #cancel: () => void = () => undefined;
  #running = false;
  /** A machine may have had nobody to report to before. */
  #startedAt = 0;

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#running = true;
    this.#startedAt = this.context.clock.now();
    this.#lookLater();
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
  }

  #lookLater(): void {
    this.#cancel = this.context.clock.afterAbout(LOOK_EVERY_MS, () => {
      void this.look()
        .catch((error: unknown) =>
          this.log.error({ reason: messageOf(error) }, 'tasks could not be looked after'),
        )
        .finally(() => {
          if (this.#running) this.#lookLater();
        });
    });
  }

  async look(): Promise<void> {
    await this.#failSilentTasks();
    await this.#endIdleSessions();
  }

  async #failSilentTasks(): Promise<void> {
    const { tasks, sessions, settings, clock } = this.context;
    const silence = settings.tasks.silence_timeout;
    for (const task of tasks.allActive()) {
      const last = Math.max(task.seenAt ?? 0, task.startedAt ?? 0, this.#startedAt);
      // Only imaging reports while it works, and not while somebody goes through it step by step.
      const type = taskType(task.typeId);
      if (!type?.imaging || type.kernelArgs.includes('isdebug=yes')) continue;
      if (task.state !== TaskState.inProgress || clock.now() - last < silence * 1000) continue;
      const percent = task.progress ? ` at ${task.progress.percent} % of a partition` : '';
      const reason = `the machine was not heard of for ${silence} s${percent}: look at its screen and its cable, then order the task again`;
      if (!(await failTask(this.context, task, reason))) continue;
      for (const session of sessions.liveOfTask(task.id))
        await endSession(this.context, session, 'the machine vanished');
    }
  }

  async #endIdleSessions(): Promise<void> {
    const { store, sessions, tasks, clock } = this.context;
    const now = clock.now();
    for (const session of sessions.open()) {
      const task = session.taskId === null ? undefined : tasks.byId(session.taskId);
      const isBusy = task !== undefined && nextState(task.state, 'fail') !== undefined;
      const last = Math.max(session.seenAt ?? 0, task?.seenAt ?? 0, this.#startedAt);
      const idle = session.imageId === null ? IDLE_MS : QUICK_IDLE_MS;
      if (!isBusy && now - last > idle) await endSession(this.context, session, 'idle for too long');
    }
    await store.commit(() => sessions.forget(now - OFFER_MS, now - REPEAT_MS));
  }
}
