import type { Logger } from '#daemon/log.js';
import { type Host, primaryMac, wakeMacs } from '#domain/host.js';
import { isDue } from '#domain/power-plan.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';

const MINUTE_MS = 60_000;

/**
 * Wakes machines by the clock (FOG's power management, data-model 5.8): clients do the rest themselves, a machine that is off cannot. Each
 * minute is looked at when it begins; one that passed while fogd was down is over.
 */
export class PowerKeeper {
  #cancel: () => void = () => undefined;
  #minute = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: Context,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#minute = this.#now();
    this.#lookLater();
  }

  /** Resolves when what was begun is done. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#work;
  }

  #now(): number {
    return Math.floor(this.context.clock.now() / MINUTE_MS);
  }

  #lookLater(): void {
    const { clock } = this.context;
    this.#cancel = clock.after(MINUTE_MS - (clock.now() % MINUTE_MS), () => {
      this.#lookLater();
      // A timer may come a moment too early: then in the minute before.
      const minute = this.#now();
      if (minute === this.#minute) return;
      this.#minute = minute;
      this.#work = this.#wake(new Date(minute * MINUTE_MS)).catch((error: unknown) =>
        this.log.error({ reason: messageOf(error) }, 'machines could not be woken by the clock'),
      );
    });
  }

  async #wake(time: Date): Promise<void> {
    const { power, hosts, wake } = this.context;
    const times = power.wakeTimes().filter((cron) => isDue(cron, time));
    const ids = new Set(times.flatMap((cron) => power.wakesAt(cron)));
    const due = [...ids].flatMap((id) => hosts.byId(id) ?? []).filter(({ pending }) => !pending);
    if (due.length === 0) return;
    try {
      const sent = await wake(due.flatMap(wakeMacs));
      if (sent.length === 0) this.#record(due, 'failed', ['this server is in no network']);
      else this.#record(due, 'answered', [], { to: sent.join(', ') });
    } catch (error) {
      this.#record(due, 'failed', [messageOf(error)]);
    }
  }

  #record(
    due: readonly Host[],
    outcome: 'answered' | 'failed',
    reasons: readonly string[],
    facts: Readonly<Record<string, string>> = {},
  ): void {
    for (const host of due)
      this.context.recorder.record({
        service: 'fogd',
        event: 'woken',
        outcome,
        who: { mac: primaryMac(host) },
        reasons,
        facts,
      });
  }
}
