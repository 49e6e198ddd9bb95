import { FogdError, messageOf } from '#errors.js';
import type { Clock } from './clock.js';
import type { Logger } from './log.js';
import type { Service } from './service.js';

/** After a failure of what had run well: machines wait. */
const AT_ONCE_MS = 100;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
/** What runs that long runs well; what fails sooner is started again with growing pauses. */
const STEADY_MS = 10_000;

export type ServiceState = 'starting' | 'running' | 'degraded' | 'off' | 'failed' | 'stopped';

/** One line of `fogd status`. */
export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly detail: string;
  /** What to do, when failed. */
  readonly remedy?: string;
  /** Code of the catalogue, when failed. */
  readonly code?: string;
}

interface Entry {
  readonly service: Service;
  state: 'starting' | 'running' | 'failed' | 'stopped';
  error?: FogdError;
  retryMs: number;
  startedAt: number;
  cancelRetry: () => void;
  /** The last start or stop under way; a start and a stop of the same service never overlap. */
  work: Promise<void>;
}

/**
 * Starts services in order, restarts a failed one with backoff, and keeps the others running: a taken port 67 makes DHCP *failed* with
 * the remedy, and HTTP goes on serving.
 */
export class Supervisor {
  readonly #entries: Entry[];
  #stopping = false;

  constructor(
    services: readonly Service[],
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#entries = services.map((service) => ({
      service,
      state: 'stopped',
      retryMs: FIRST_RETRY_MS,
      startedAt: 0,
      cancelRetry: () => undefined,
      work: Promise.resolve(),
    }));
  }

  /** Resolves when each service runs or has failed its first start. */
  async start(): Promise<void> {
    for (const entry of this.#entries) await this.#queue(entry, () => this.#startOne(entry));
  }

  /** Stops in reverse order; each service drains. Resolves when all are stopped. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const entry of [...this.#entries].reverse()) {
      entry.cancelRetry();
      await this.#queue(entry, () => this.#stopOne(entry));
    }
  }

  status(): ServiceStatus[] {
    return this.#entries.map(({ service, state, error }) => {
      // One that is tried again is still failed until it runs: whoever asks in that moment must not hear that all is well.
      if (error && (state === 'failed' || state === 'starting')) {
        const { message: detail, remedy, code } = error;
        return { name: service.name, state: 'failed', detail, remedy, code };
      }
      if (state !== 'running') return { name: service.name, state, detail: '' };
      const health = service.health();
      return {
        name: service.name,
        state: health.state === 'ok' ? 'running' : health.state,
        detail: health.detail,
      };
    });
  }

  #queue(entry: Entry, work: () => Promise<void>): Promise<void> {
    entry.work = entry.work.then(work);
    return entry.work;
  }

  async #startOne(entry: Entry): Promise<void> {
    if (this.#stopping) return;
    entry.state = 'starting';
    try {
      await entry.service.start((error) => this.#failed(entry, error));
      entry.state = 'running';
      entry.startedAt = this.clock.now();
      delete entry.error;
      this.log.info({ service: entry.service.name, ...entry.service.health() }, 'service started');
    } catch (error) {
      this.#failed(entry, asFogdError(error, entry.service.name));
    }
  }

  #failed(entry: Entry, error: FogdError): void {
    if (this.#stopping || entry.state === 'failed') return;
    const isNew = entry.error?.message !== error.message;
    const hasRunWell = entry.state === 'running' && this.clock.now() - entry.startedAt >= STEADY_MS;
    if (hasRunWell) entry.retryMs = FIRST_RETRY_MS;
    entry.state = 'failed';
    entry.error = error;
    // Said once: a port that stays taken for a week is not ten thousand log lines.
    const say = {
      service: entry.service.name,
      code: error.code,
      remedy: error.remedy,
      cause: error.cause && messageOf(error.cause),
    };
    if (isNew) this.log.error(say, `${entry.service.name} failed: ${error.message}`);
    void this.#queue(entry, () => this.#stopQuietly(entry));
    entry.cancelRetry = this.clock.after(hasRunWell ? AT_ONCE_MS : entry.retryMs, () => {
      void this.#queue(entry, () => this.#startOne(entry));
    });
    if (!hasRunWell) entry.retryMs = Math.min(entry.retryMs * 2, LAST_RETRY_MS);
  }

  async #stopOne(entry: Entry): Promise<void> {
    if (entry.state === 'running') await this.#stopQuietly(entry);
    entry.state = 'stopped';
  }

  async #stopQuietly(entry: Entry): Promise<void> {
    try {
      await entry.service.stop();
    } catch (error) {
      this.log.warn(
        { service: entry.service.name, reason: messageOf(error) },
        'service did not stop cleanly',
      );
    }
  }
}

function asFogdError(error: unknown, name: string): FogdError {
  if (error instanceof FogdError) return error;
  const remedy = 'look at the log around this time; this is a fault of fogd, please report it';
  return new FogdError('UNEXPECTED', `${name}: ${messageOf(error)}`, remedy, 500, {}, error);
}
