import type { Logger } from '#daemon/log.js';
import type { Session } from '#domain/session.js';
import { type Task, TaskState } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { endSession } from './end-session.js';
import { failTask } from './fail-task.js';

const MIB = 1_048_576;
const LOOK_EVERY_MS = 2_000;
/** While no machine can write, only other programs fill the disk. */
const IDLE_LOOK_EVERY_MS = 15_000;
/** Of the reserve: what is left for all others when a capture is stopped. */
const LAST_PART = 4;

/**
 * Watches the disk of the images while machines write to it: below `images.reserve_mib` it raises an alarm, below a quarter of that it stops
 * the largest capture, so that one disk that does not fit harms nobody else.
 */
export class SpaceGuard {
  /** What was removed or replaced is given back meanwhile, however long that takes. */
  #emptying: Promise<void> | undefined;
  #cancel: () => void = () => undefined;
  #isRunning = false;
  #isLow = false;
  #nextLook = 0;

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  /** For the status, while there is less than the reserve. */
  alarm: string | undefined;
  /** Bytes, at the last look. */
  free = 0;

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.#measure();
    this.#lookLater();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  #lookLater(): void {
    const { clock, sessions } = this.context;
    this.#cancel = clock.afterAbout(LOOK_EVERY_MS, () => {
      if (clock.now() < this.#nextLook && sessions.open().length === 0) {
        this.#lookLater();
        return;
      }
      this.#nextLook = clock.now() + IDLE_LOOK_EVERY_MS;
      void this.look()
        // The images folder may have gone: the next task says so, and the next start.
        .catch((error: unknown) =>
          this.log.error({ reason: messageOf(error) }, 'the free space is not known'),
        )
        .finally(() => {
          if (this.#isRunning) this.#lookLater();
        });
    });
  }

  async look(): Promise<void> {
    this.#emptyTrash();
    const least = (this.context.settings.images.reserve_mib * MIB) / LAST_PART;
    if ((await this.#measure()) >= least) return;
    // What was removed just now may be enough.
    await this.#emptying;
    const free = await this.#measure();
    if (free >= least) return;
    const left = told(free);
    const largest = await this.#largestCapture();
    if (!largest) return;
    const reason = `the disk of the images is nearly full (${left} left): the capture was stopped; free some space and order it again`;
    if (!(await failTask(this.context, largest.task, reason))) return;
    this.log.error(
      { task: largest.task.id, left },
      'a capture was stopped: the disk of the images is nearly full',
    );
    await endSession(this.context, largest.session, 'the disk is nearly full');
  }

  #emptyTrash(): void {
    this.#emptying ??= this.context.imageStore
      .emptyTrash()
      .catch((error: unknown) =>
        this.log.error({ reason: messageOf(error) }, 'what was removed still takes its space'),
      )
      .finally(() => {
        this.#emptying = undefined;
      });
  }

  /** Free bytes; sets the alarm. */
  async #measure(): Promise<number> {
    const { imageStore, settings } = this.context;
    const reserve = settings.images.reserve_mib;
    const free = await imageStore.freeBytes();
    const isLow = free < reserve * MIB;
    this.alarm = isLow ? `only ${told(free)} are left, less than images.reserve_mib (${reserve})` : undefined;
    if (isLow && !this.#isLow) this.log.error({ left: told(free) }, 'the disk of the images is nearly full');
    this.#isLow = isLow;
    this.free = free;
    return free;
  }

  async #largestCapture(): Promise<{ readonly task: Task; readonly session: Session } | undefined> {
    const { tasks, sessions, imageStore } = this.context;
    let largest: { readonly task: Task; readonly session: Session; readonly bytes: number } | undefined;
    for (const task of tasks.allActive()) {
      if (taskType(task.typeId)?.imaging !== 'capture' || task.state !== TaskState.inProgress) continue;
      for (const session of sessions.openOfTask(task.id)) {
        const bytes = await imageStore.rootBytes(session.id);
        if (!largest || bytes > largest.bytes) largest = { task, session, bytes };
      }
    }
    return largest;
  }
}

const told = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;
