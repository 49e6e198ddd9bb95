import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import { exportId } from '#domain/session.js';
import { nextState, TaskState } from '#domain/task.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { notePublished, noteReceived } from './generations.js';
import { SpaceGuard } from './guard-space.js';

/**
 * The images' folder as a service of its own: makes it usable, finishes or takes back what a killed fogd left half done, and says in the
 * status when it is missing, read-only or full.
 */
export class ImageKeeper implements Service {
  readonly name = 'images';
  #trouble: string | undefined;
  readonly #space: SpaceGuard;

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {
    this.#space = new SpaceGuard(context, log);
  }

  async start(): Promise<void> {
    const { imageStore, images, sessions } = this.context;
    await imageStore.prepare(images.list().some(({ capturedAt }) => capturedAt !== null));
    await this.#finishPublishes();
    const live = new Set(sessions.open().map(({ id }) => id));
    const removed = await imageStore.sweep(live);
    if (removed.length > 0) this.log.info({ removed }, 'removed the NFS roots of sessions that had ended');
    this.#trouble = await imageStore.checkScripts().then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    await this.#space.start();
  }

  /** A publish that fogd was killed in is finished: what it was to publish had been checked. Forgotten where those files are gone. */
  async #finishPublishes(): Promise<void> {
    const { imageStore, images, generations, sessions, tasks, hosts, store, clock } = this.context;
    const journal = images.journal();
    const outcomes = await imageStore.recover(journal);
    for (const entry of journal) {
      const outcome = outcomes.find(({ sessionId }) => sessionId === entry.sessionId);
      const session = sessions.byId(entry.sessionId);
      const image = images.byPath(entry.imagePath);
      const isPublished = outcome?.published === true;
      const isReceived = outcome?.received === true;
      const noted =
        image &&
        generations.list(image.id).find(({ inode, place }) => inode === entry.inode && place === 'received');
      if (isReceived && noted) continue;
      this.log.warn({ ...entry, published: isPublished, received: isReceived }, 'a publish was interrupted');
      const ended = await store.commit(() => {
        if (!isReceived) images.endPublish(entry.sessionId);
        // It was in its place already; that it was verified is not known for sure any more.
        if (noted) {
          generations.place(noted.id, isPublished ? 'current' : 'gone');
          generations.recheck(noted.id);
          if (isPublished) images.captured(noted.imageId, clock.now(), entry.clientBytes, entry.serverBytes);
          return undefined;
        }
        const task = session?.taskId == null ? undefined : tasks.byId(session.taskId);
        const state = task && nextState(task.state, 'complete');
        if ((!isPublished && !isReceived) || !image || !session) return undefined;
        const { inode, clientBytes, serverBytes } = entry;
        const source =
          (session.hostId === null ? undefined : hosts.byId(session.hostId))?.name ?? session.mac;
        const capture = { inode, clientBytes, serverBytes, source, at: clock.now() };
        if (isReceived) noteReceived(this.context, image, capture);
        else notePublished(this.context, image, capture);
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
    this.#space.stop();
  }

  health(): Health {
    const trouble = this.#trouble ?? this.#space.alarm;
    if (trouble !== undefined) return { state: 'degraded', detail: trouble };
    const count = this.context.images.list().length;
    const free = (this.#space.free / 1e9).toFixed(1);
    return { state: 'ok', detail: `${count} image${count === 1 ? '' : 's'}, ${free} GB free` };
  }
}
