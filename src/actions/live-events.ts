import type { ServiceStatus } from '#daemon/supervisor.js';
import type { TaskView } from '#domain/task-view.js';
import type { Change } from '#store/change.js';
import type { Store } from '#store/store.js';
import type { TraceRecord } from '#trace/decision.js';
import type { Context } from './context.js';
import { type HostSummary, summarise } from './describe-hosts.js';
import { describeTasks } from './manage-tasks.js';

/** What happens, told while it happens: tasks, the trace, alarms, hosts. */

export const TOPICS = ['tasks', 'trace', 'alarms', 'hosts'] as const;
export type Topic = (typeof TOPICS)[number];

export type EventData =
  | { readonly change: 'created' | 'changed' | 'progress' | 'finished'; readonly task: TaskView }
  | { readonly change: 'added' | 'changed'; readonly host: HostSummary }
  | { readonly change: 'removed'; readonly host: { readonly id: number; readonly name: string } }
  | { readonly service: ServiceStatus }
  | TraceRecord;

export interface LiveEvent {
  readonly number: number;
  /** What a reader that comes back names as the last that it has. */
  readonly id: string;
  readonly topic: Topic;
  readonly data: EventData;
}

export interface Subscription {
  /** What the reader has missed since its last event. */
  readonly missed: readonly LiveEvent[];
  /** Something that it has missed is not known any more: it must look at everything anew. */
  readonly reset: boolean;
  readonly end: () => void;
}

/** Events that are kept for readers who come back. */
const KEPT = 1_000;
/** After the last reader has gone, what happens is kept for that long, so that it can come back. */
const LINGER_MS = 60_000;
const LOOK_EVERY_MS = 2_000;

/**
 * Live events, in a bounded ring in memory. While nobody listens nothing is described or kept; who comes back after that, or after a restart,
 * is told by `reset`.
 */
export class LiveEvents {
  readonly #readers = new Set<(event: LiveEvent) => void>();
  #kept: LiveEvent[] = [];
  #number = 0;
  /** The kept ones follow this number without a gap. */
  #goneUntil = 0;
  #keepUntil = 0;
  #cancelLook: () => void = () => undefined;
  #services = new Map<string, string>();
  /** Numbers of an earlier run mean nothing. */
  readonly #run: string;

  constructor(
    private readonly context: Context,
    store: Pick<Store, 'watch'>,
    private readonly status: () => readonly ServiceStatus[],
  ) {
    this.#run = context.clock.now().toString(36);
    store.watch((changes) => this.#changes(changes));
  }

  trace(record: TraceRecord): void {
    this.#add('trace', () => record);
  }

  /** `after` is the id of the last event that the reader has, from an earlier subscription. */
  subscribe(after: string | undefined, read: (event: LiveEvent) => void): Subscription {
    if (this.#readers.size === 0) this.#lookAtServices(false);
    this.#readers.add(read);
    const [run, last] = (after ?? '').split('-');
    const number = Number(last);
    const isKnown = run === this.#run && number >= this.#goneUntil && number <= this.#number;
    return {
      missed: isKnown ? this.#kept.filter((event) => event.number > number) : [],
      reset: after !== undefined && !isKnown,
      end: () => {
        this.#readers.delete(read);
        if (this.#readers.size > 0) return;
        this.#cancelLook();
        this.#keepUntil = this.context.clock.now() + LINGER_MS;
      },
    };
  }

  #changes(changes: readonly Change[]): void {
    const { context } = this;
    for (const change of changes) {
      if (change.kind === 'task')
        this.#add('tasks', () => {
          const task = context.tasks.byId(change.id);
          const [view] = task ? describeTasks(context, [task]) : [];
          return view && { change: change.what, task: view };
        });
      else if (change.what === 'removed')
        this.#add('hosts', () => ({ change: change.what, host: { id: change.id, name: change.name } }));
      else
        this.#add('hosts', () => {
          const [record] = context.hosts.records([change.id]);
          return record && { change: change.what, host: summarise(record) };
        });
    }
  }

  /** Services do not tell when they get worse or better: somebody must look. A detail alone, such as a count, is no alarm while all is well. */
  #lookAtServices(isTold: boolean): void {
    const before = this.#services;
    const services = this.status();
    const told = ({ state, detail }: ServiceStatus) =>
      state === 'failed' || state === 'degraded' ? `${state}: ${detail}` : state;
    this.#services = new Map(services.map((service) => [service.name, told(service)]));
    if (isTold)
      for (const service of services)
        if (before.get(service.name) !== told(service)) this.#add('alarms', () => ({ service }));
    this.#cancelLook = this.context.clock.afterAbout(LOOK_EVERY_MS, () => this.#lookAtServices(true));
  }

  /** `describe` is asked only where somebody will read it; it gives undefined for what has gone meanwhile. */
  #add(topic: Topic, describe: () => EventData | undefined): void {
    this.#number += 1;
    if (this.#readers.size === 0 && this.context.clock.now() >= this.#keepUntil) {
      this.#kept = [];
      this.#goneUntil = this.#number;
      return;
    }
    let data: EventData | undefined;
    try {
      data = describe();
    } catch {
      // A store that cannot be read says so at the next request. This one was acknowledged and must not fail for its readers: they get a gap.
      this.#kept = [];
      this.#goneUntil = this.#number;
    }
    if (data === undefined) return;
    const event = { number: this.#number, id: `${this.#run}-${this.#number}`, topic, data };
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#goneUntil = this.#kept.shift()?.number ?? 0;
    for (const read of this.#readers) read(event);
  }
}
