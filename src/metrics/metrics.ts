import type { ServiceState, ServiceStatus } from '#daemon/supervisor.js';
import type { Decision, Outcome, TraceService } from '#trace/decision.js';
import { exposition, Histogram, type Sample } from './exposition.js';
import { METRICS, type MetricName } from './list.js';

const SERVICES: readonly TraceService[] = ['dhcp', 'tftp', 'http', 'fos', 'client', 'fogd'];
const OUTCOMES: readonly Outcome[] = ['answered', 'ignored', 'refused', 'failed'];
const STATES: readonly ServiceState[] = ['starting', 'running', 'degraded', 'off', 'failed', 'stopped'];
/** What send files; a refused one has no bytes. */
const SENDERS: readonly TraceService[] = ['tftp', 'http', 'fos', 'client'];
/** What clients report of snapins, by how that is decided: a refused report counts for no task. */
const SNAPIN_ENDINGS: Partial<Readonly<Record<Outcome, string>>> = {
  answered: 'done',
  failed: 'failed',
  refused: 'refused',
};
/** Seconds: from a fast disk to one that is about to fail. */
const COMMIT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const DELAY_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What is looked at when somebody asks; everything else is counted as it happens. */
export interface MetricSources {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly services: () => readonly ServiceStatus[];
  readonly transfers: () => number;
  readonly census: () => {
    readonly leases: Readonly<Record<string, number>>;
    readonly tasks: Readonly<Record<string, number>>;
    readonly sessions: Readonly<Record<string, number>>;
    readonly hosts: number;
    readonly snapins: Readonly<Record<string, number>>;
    readonly snapinTasks: Readonly<Record<string, number>>;
  };
  /** Of a disk that cannot be looked at: not a number. */
  readonly disks: () => Promise<Readonly<Record<string, { readonly free: number; readonly size: number }>>>;
  readonly traceLost: () => number;
  readonly process: () => {
    readonly residentBytes: number;
    readonly cpuSeconds: number;
    readonly busySeconds: number;
  };
}

/** Everything that can be measured of fogd. The decision records are its one source of what machines asked and got. */
export class Metrics {
  readonly #decisions = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  readonly #snapinReports = new Map<string, number>();
  readonly commit = new Histogram(COMMIT_BOUNDS);
  readonly loopDelay = new Histogram(DELAY_BOUNDS);

  readonly count = ({ service, outcome, event, facts }: Decision): void => {
    add(this.#decisions, key(service, outcome), 1);
    // A file that was broken off has sent what it sent.
    if (/^file-|-sent$/.test(event) && typeof facts?.bytes === 'number')
      add(this.#sent, service, facts.bytes);
    const ended = event === 'snapin-reported' ? SNAPIN_ENDINGS[outcome] : undefined;
    if (ended !== undefined) add(this.#snapinReports, ended, 1);
  };

  async text(sources: MetricSources): Promise<string> {
    const samples = { ...this.#counted(), ...(await asked(sources)) };
    return exposition(
      Object.entries(METRICS).map(([name, { type, help }]) => ({
        name,
        type,
        help,
        samples: samples[name as MetricName],
      })),
    );
  }

  #counted() {
    return {
      fogd_decisions_total: SERVICES.flatMap((service) =>
        OUTCOMES.map((outcome) => ({
          labels: { service, outcome },
          value: this.#decisions.get(key(service, outcome)) ?? 0,
        })),
      ),
      fogd_sent_bytes_total: SENDERS.map((service) => ({
        labels: { service },
        value: this.#sent.get(service) ?? 0,
      })),
      fogd_snapin_reports_total: Object.values(SNAPIN_ENDINGS).map((result) => ({
        labels: { result },
        value: this.#snapinReports.get(result) ?? 0,
      })),
      fogd_store_commit_seconds: this.commit.samples(),
      fogd_event_loop_delay_seconds: this.loopDelay.samples(),
    } satisfies Partial<Record<MetricName, Sample[]>>;
  }
}

async function asked({
  version,
  startedAt,
  services,
  transfers,
  census,
  disks,
  traceLost,
  process,
}: MetricSources) {
  const { leases, tasks, sessions, hosts, snapins, snapinTasks } = census();
  const { residentBytes, cpuSeconds, busySeconds } = process();
  const places = Object.entries(await disks());
  return {
    fogd_build_info: [{ labels: { version, node: globalThis.process.version }, value: 1 }],
    fogd_start_time_seconds: one(startedAt / 1000),
    fogd_service_state: services().flatMap(({ name, state }) =>
      STATES.map((other) => ({ labels: { service: name, state: other }, value: state === other ? 1 : 0 })),
    ),
    fogd_transfers: one(transfers()),
    fogd_leases: by('state', leases),
    fogd_tasks: by('state', tasks),
    fogd_sessions: by('kind', sessions),
    fogd_hosts: one(hosts),
    fogd_snapins: by('state', snapins),
    fogd_snapin_tasks: by('state', snapinTasks),
    fogd_disk_free_bytes: places.map(([disk, { free }]) => ({ labels: { disk }, value: free })),
    fogd_disk_size_bytes: places.map(([disk, { size }]) => ({ labels: { disk }, value: size })),
    fogd_trace_lost_total: one(traceLost()),
    fogd_event_loop_busy_seconds_total: one(busySeconds),
    process_resident_memory_bytes: one(residentBytes),
    process_cpu_seconds_total: one(cpuSeconds),
  } satisfies Partial<Record<MetricName, Sample[]>>;
}

const one = (value: number): Sample[] => [{ value }];

const by = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));

const key = (service: string, outcome: string): string => `${service} ${outcome}`;

function add(counts: Map<string, number>, name: string, value: number): void {
  counts.set(name, (counts.get(name) ?? 0) + value);
}
