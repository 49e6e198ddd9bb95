import type { Metric } from './exposition.js';

interface Description {
  readonly type: Metric['type'];
  readonly help: string;
  readonly labels: readonly string[];
}

const of =
  (type: Metric['type']) =>
  (help: string, ...labels: string[]): Description => ({ type, help, labels });
const [counter, gauge, histogram] = [of('counter'), of('gauge'), of('histogram')];

/** Every metric, in the order in which they are told; the page `docs/reference/metrics.md` is made from it. */
export const METRICS = {
  fogd_build_info: gauge('Always 1; the version of fogd and of Node.', 'version', 'node'),
  fogd_start_time_seconds: gauge('When fogd was started, in seconds since 1970.'),
  fogd_service_state: gauge(
    '1 for the state that a service is in (starting, running, degraded, off, failed, stopped), 0 for all others.',
    'service',
    'state',
  ),
  fogd_decisions_total: counter(
    'Packets and requests by what became of them: answered, ignored, refused, failed.',
    'service',
    'outcome',
  ),
  fogd_sent_bytes_total: counter('Bytes of files sent to machines.', 'service'),
  fogd_transfers: gauge('TFTP transfers that run now.'),
  fogd_leases: gauge(
    'Addresses of the DHCP server by state; bound ones whose time is over are expired.',
    'state',
  ),
  fogd_tasks: gauge('Active tasks by state.', 'state'),
  fogd_sessions: gauge('Boot sessions that a machine has opened, by kind.', 'kind'),
  fogd_hosts: gauge('Hosts that are registered.'),
  fogd_snapins: gauge(
    'Snapins by what clients can have of them: whole, disabled, or damaged (the file is gone or holds something else).',
    'state',
  ),
  fogd_snapin_tasks: gauge('Snapins that hosts are still to run, by state.', 'state'),
  fogd_snapin_reports_total: counter(
    'What clients reported of snapins: done, failed, or refused (of no open task).',
    'result',
  ),
  fogd_disk_free_bytes: gauge(
    'Bytes that fogd may still write, on the disks of the state, of the images and of the snapins.',
    'disk',
  ),
  fogd_disk_size_bytes: gauge('Size of these disks.', 'disk'),
  fogd_trace_lost_total: counter('Trace records that came faster than they could be written.'),
  fogd_store_commit_seconds: histogram('Time from a write of the store until it is durable.'),
  fogd_event_loop_delay_seconds: histogram('How late a timer was, tried every 5 s.'),
  fogd_event_loop_busy_seconds_total: counter('Time in which the event loop worked.'),
  process_resident_memory_bytes: gauge('Memory of the process that is in RAM.'),
  process_cpu_seconds_total: counter('Processor time of the process, user and system.'),
} as const satisfies Readonly<Record<string, Description>>;

export type MetricName = keyof typeof METRICS;

/** The reference page, `docs/reference/metrics.md`. */
export function metricsPage(): string {
  const rows = Object.entries(METRICS).map(
    ([name, { type, help, labels }]) => `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} |`,
  );
  return [
    '# Metrics',
    '',
    'Generated from `src/metrics/list.ts` by `npm run generate`. `GET /metrics` in the text format of Prometheus, to callers on this machine (on the HTTP',
    'port and on the control socket), and to others with a token for `metrics:read`. Every series is there from the start, with zero.',
    '',
    '| metric | type | labels | what |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
