import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import { exportId } from '#domain/session.js';
import { nextState, TaskState } from '#domain/task.js';
import type { Context } from './context.js';
import { notePublished } from './generations.js';

/**
 * The images' folder as a service of its own: makes it usable, finishes or takes back what a killed fogd left half done, and says in the
 * status when it is missing, read-only or full.
 */
export class ImageKeeper implements Service {
  readonly name = 'images';
  #detail = '';

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    const { imageStore, images, sessions } = this.context;
    await imageStore.prepare(images.list().some(({ capturedAt }) => capturedAt !== null));
    await this.#finishPublishes();
    const live = new Set(sessions.open().map(({ id }) => id));
    const removed = await imageStore.sweep(live);
    if (removed.length > 0) this.log.info({ removed }, 'removed the NFS roots of sessions that had ended');
    const free = await imageStore.freeBytes();
    const count = images.list().length;
    this.#detail = `${count} image${count === 1 ? '' : 's'}, ${(free / 1e9).toFixed(1)} GB free`;
  }

  /** A publish that fogd was killed in is finished: what it was to publish had been checked. Forgotten where those files are gone. */
  async #finishPublishes(): Promise<void> {
    const { imageStore, images, sessions, tasks, hosts, store, clock } = this.context;
    const journal = images.journal();
    const outcomes = await imageStore.recover(journal);
    for (const entry of journal) {
      const outcome = outcomes.find(({ sessionId }) => sessionId === entry.sessionId);
      const session = sessions.byId(entry.sessionId);
      const image = images.byPath(entry.imagePath);
      const isPublished = outcome?.published === true;
      this.log.warn({ ...entry, published: isPublished }, 'a publish was interrupted');
      const ended = await store.commit(() => {
        images.endPublish(entry.sessionId);
        const task = session?.taskId == null ? undefined : tasks.byId(session.taskId);
        const state = task && nextState(task.state, 'complete');
        if (!isPublished || !image || !session) return undefined;
        const { inode, clientBytes, serverBytes } = entry;
        const source =
          (session.hostId === null ? undefined : hosts.byId(session.hostId))?.name ?? session.mac;
        notePublished(this.context, image, { inode, clientBytes, serverBytes, source, at: clock.now() });
        if (task && state === TaskState.complete) {
          const reason = 'published; fogd was stopped before it could answer';
          tasks.move(task.id, { state, at: clock.now(), actor: 'fogd', reason });
        }
        sessions.ended(session.id, 'its task is complete', clock.now());
        return session;
      });
      // The NFS server may not run yet: it starts with what is open, and this is not.
      if (ended)
        this.log.info({ session: ended.id, export: exportId(ended) }, 'the interrupted publish is complete');
    }
  }

  async stop(): Promise<void> {
    // Holds nothing open.
  }

  health(): Health {
    return { state: 'ok', detail: this.#detail };
  }
}
