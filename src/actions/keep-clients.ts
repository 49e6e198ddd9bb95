import type { Logger } from '#daemon/log.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';

const WRITE_EVERY_MS = 60_000;

/** Writes down from time to time when FOG Clients were last heard of: a write for each poll would be hundreds in a second. */
export class ClientKeeper {
  #cancel: () => void = () => undefined;
  #isRunning = false;

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#isRunning = true;
    this.#writeLater();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancel();
    await this.#tryWrite();
  }

  #writeLater(): void {
    this.#cancel = this.context.clock.afterAbout(WRITE_EVERY_MS, () => {
      void this.#tryWrite().then(() => {
        if (this.#isRunning) this.#writeLater();
      });
    });
  }

  async #tryWrite(): Promise<void> {
    await this.write().catch((error: unknown) =>
      this.log.warn({ reason: messageOf(error) }, 'the last contacts of clients could not be written'),
    );
  }

  async write(): Promise<void> {
    const { clients, clientContacts, store } = this.context;
    const polls = clientContacts.take();
    if (polls.length === 0) return;
    await store.commit(() => {
      for (const [hostId, poll] of polls) clients.keepContact(hostId, poll);
    });
  }
}
