import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { lookAfterSnapins } from './verify-snapins.js';

/** An admin who moved a file away shall hear of it before the client that waits for it does. */
const LOOK_EVERY_MS = 600_000;

/**
 * The folder of the snapins as a service of its own: makes it usable, removes what a killed fogd left half done, looks whether the
 * files are there, and tells of damage.
 */
export class SnapinKeeper implements Service {
  readonly name = 'snapins';
  /** Files of no snapin, at the start: of another store, or of a fogd that was killed at the wrong moment. */
  #strange: readonly string[] = [];
  #cancel: () => void = () => undefined;
  #running = false;

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    const { snapinStore, snapins } = this.context;
    this.#strange = await snapinStore.prepare(new Set(snapins.list().map(({ stored }) => stored)));
    if (this.#strange.length > 0)
      this.log.warn({ files: this.#strange }, 'files in the folder of the snapins belong to no snapin');
    this.#running = true;
    this.#lookIn(0);
  }

  async stop(): Promise<void> {
    // Downloads belong to HTTP, which drains them.
    this.#running = false;
    this.#cancel();
  }

  #lookIn(milliseconds: number): void {
    this.#cancel = this.context.clock.afterAbout(milliseconds, () => {
      void lookAfterSnapins(this.context)
        .catch((error: unknown) => {
          // The store may be closed before a large file is read.
          if (this.#running)
            this.log.error({ reason: messageOf(error) }, 'the files of snapins could not be looked at');
        })
        .finally(() => {
          if (this.#running) this.#lookIn(LOOK_EVERY_MS);
        });
    });
  }

  health(): Health {
    const all = this.context.snapins.list();
    const damaged = all.filter(({ damage }) => damage !== '').map(({ name }) => name);
    const strange = this.#strange.length === 0 ? '' : `; ${this.#strange.length} files of none, see the log`;
    const detail = `${all.length} ${all.length === 1 ? 'snapin' : 'snapins'}${strange}`;
    if (damaged.length === 0) return { state: 'ok', detail };
    const which = `the files of ${damaged.join(', ')} are damaged`;
    return { state: 'degraded', detail: `${detail}; ${which}: replace them with fogd snapin file NAME FILE` };
  }
}
