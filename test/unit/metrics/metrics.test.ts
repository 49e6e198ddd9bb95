import { describe, expect, it } from 'vitest';
import { watchLoopDelay } from '#daemon/loop-delay.js';
import { exposition, Histogram } from '#metrics/exposition.js';
import { METRICS } from '#metrics/list.js';
import { type MetricSources, Metrics } from '#metrics/metrics.js';
import type { Decision } from '#trace/decision.js';
import { VirtualClock } from '../virtual-clock.js';

const SOURCES: MetricSources = {
  version: '1.2.3',
  startedAt: 1_700_000_000_000,
  services: () => [
    { name: 'http', state: 'running', detail: '' },
    { name: 'dhcp', state: 'failed', detail: 'port 67/udp is held', code: 'DHCP_PORT_TAKEN' },
  ],
  transfers: () => 3,
  census: () => ({
    leases: { bound: 2, expired: 0 },
    tasks: { Queued: 0 },
    sessions: { deploy: 1 },
    hosts: 7,
    snapins: { whole: 2, disabled: 0, damaged: 1 },
    snapinTasks: { Queued: 4 },
  }),
  disks: async () => ({ state: { free: 10, size: 20 }, images: { free: Number.NaN, size: Number.NaN } }),
  traceLost: () => 0,
  process: () => ({ residentBytes: 1, cpuSeconds: 0.5, busySeconds: 0.25 }),
};

const decision = (more: Partial<Decision>): Decision => ({
  ...{ service: 'tftp', event: 'file-sent', outcome: 'answered', who: {}, reasons: [] },
  ...more,
});

/** Series with their values, by name and labels. */
async function series(metrics: Metrics): Promise<Map<string, string>> {
  const text = await metrics.text(SOURCES);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), line.replace(/^.* /, '')]));
}

describe('metrics', () => {
  it('are exactly those of the list, each with its labels, help and type', async () => {
    const text = await new Metrics().text(SOURCES);
    for (const [name, { type, help, labels }] of Object.entries(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}`);
      const first = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*?)\\})? `, 'm').exec(text)?.[1] ?? '';
      const used = [...first.matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect(used, name).toEqual(type === 'histogram' ? ['le'] : labels);
    }
    expect(text.match(/^# TYPE /gm)).toHaveLength(Object.keys(METRICS).length);
  });

  it('are all there from the start, with zero', async () => {
    const all = await series(new Metrics());
    const zero = [...all].filter(([name]) =>
      /^fogd_(decisions|sent|snapin_reports|store|event_loop_delay)/.test(name),
    );
    expect(zero).toHaveLength(6 * 4 + 4 + 3 + (12 + 2) + (10 + 2));
    expect(zero.filter(([, value]) => value !== '0')).toEqual([]);
    expect(all.get('fogd_decisions_total{service="dhcp",outcome="ignored"}')).toBe('0');
  });

  it('count decisions by service and outcome, and what files sent, also those that broke off', async () => {
    const metrics = new Metrics();
    metrics.count(decision({ facts: { bytes: 100 } }));
    metrics.count(decision({ event: 'file-stalled', outcome: 'failed', facts: { bytes: 50 } }));
    metrics.count(decision({ service: 'http', facts: { bytes: 7 } }));
    metrics.count(decision({ service: 'fos', event: 'progress', facts: { bytes: 1_000 } }));
    metrics.count(decision({ service: 'dhcp', event: 'discover', outcome: 'ignored' }));
    const all = await series(metrics);
    expect(all.get('fogd_decisions_total{service="tftp",outcome="answered"}')).toBe('1');
    expect(all.get('fogd_decisions_total{service="tftp",outcome="failed"}')).toBe('1');
    expect(all.get('fogd_decisions_total{service="dhcp",outcome="ignored"}')).toBe('1');
    expect(all.get('fogd_sent_bytes_total{service="tftp"}')).toBe('150');
    expect(all.get('fogd_sent_bytes_total{service="http"}')).toBe('7');
  });

  it('bug: what FOG Clients asked and fetched was in no series', async () => {
    const metrics = new Metrics();
    metrics.count(decision({ service: 'client', event: 'client-told' }));
    metrics.count(decision({ service: 'client', event: 'snapin-sent', facts: { bytes: 9 } }));
    const all = await series(metrics);
    expect(all.get('fogd_decisions_total{service="client",outcome="answered"}')).toBe('2');
    expect(all.get('fogd_sent_bytes_total{service="client"}')).toBe('9');
  });

  it('count what clients report of snapins', async () => {
    const metrics = new Metrics();
    for (const outcome of ['answered', 'failed', 'failed', 'refused'] as const)
      metrics.count(decision({ service: 'client', event: 'snapin-reported', outcome }));
    const all = await series(metrics);
    expect(all.get('fogd_snapin_reports_total{result="done"}')).toBe('1');
    expect(all.get('fogd_snapin_reports_total{result="failed"}')).toBe('2');
    expect(all.get('fogd_snapin_reports_total{result="refused"}')).toBe('1');
    expect(all.get('fogd_snapins{state="damaged"}')).toBe('1');
    expect(all.get('fogd_snapin_tasks{state="Queued"}')).toBe('4');
  });

  it('tell the state of each service once', async () => {
    const all = await series(new Metrics());
    expect(all.get('fogd_service_state{service="dhcp",state="failed"}')).toBe('1');
    expect(all.get('fogd_service_state{service="dhcp",state="running"}')).toBe('0');
    expect(all.get('fogd_service_state{service="http",state="running"}')).toBe('1');
    expect(all.get('fogd_disk_free_bytes{disk="images"}')).toBe('NaN');
  });

  it('put text of others between quotes, whatever it is', () => {
    const text = exposition([
      { name: 'm', type: 'gauge', help: 'h', samples: [{ labels: { a: 'x"\\\n} 1' }, value: 1 }] },
    ]);
    expect(text).toBe('# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\n} 1"} 1\n');
  });

  it('a histogram counts each value in its bucket and all above', () => {
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.1, 0.5, 5]) histogram.observe(value);
    expect(histogram.samples().map(({ suffix, labels, value }) => [suffix, labels?.le, value])).toEqual([
      ['_bucket', '0.1', 1],
      ['_bucket', '1', 2],
      ['_bucket', '+Inf', 3],
      ['_sum', undefined, 5.6],
      ['_count', undefined, 3],
    ]);
  });

  it('measure how late the event loop is, until it ends', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const end = watchLoopDelay(clock, (seconds) => seen.push(seconds));
    await clock.advance(10_000);
    expect(seen).toEqual([0, 0]);
    end();
    await clock.advance(10_000);
    expect(seen).toHaveLength(2);
  });
});
