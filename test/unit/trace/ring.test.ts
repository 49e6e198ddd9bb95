import { describe, expect, it } from 'vitest';
import type { Decision } from '#trace/decision.js';
import { TraceRing } from '#trace/ring.js';

const MAC = '52:54:00:00:00:01';
const ignored = (mac = MAC): Decision => ({
  service: 'dhcp',
  event: 'ignored',
  outcome: 'ignored',
  who: { mac },
  reasons: ['not PXE'],
});

describe('trace ring', () => {
  it('makes one record with a count of a flood of the same decision', () => {
    const ring = new TraceRing();
    for (let n = 0; n < 1000; n++) ring.add(ignored(), n);
    ring.add(ignored('52:54:00:00:00:02'), 1000);
    expect(ring.take()).toMatchObject([
      { at: 0, last: 999, count: 1000 },
      { at: 1000, count: 1 },
    ]);
  });

  it('begins a new record after a pause and after each batch', () => {
    const ring = new TraceRing();
    ring.add(ignored(), 0);
    ring.add(ignored(), 6_000);
    expect(ring.take()).toHaveLength(2);
    ring.add(ignored(), 6_001);
    expect(ring.take()).toMatchObject([{ count: 1 }]);
  });

  it('never merges steps of a story', () => {
    const ring = new TraceRing();
    const sent: Decision = {
      service: 'tftp',
      event: 'file-sent',
      outcome: 'answered',
      who: { ip: '10.0.0.5' },
      reasons: [],
    };
    ring.add(sent, 0);
    ring.add(sent, 1);
    expect(ring.take()).toHaveLength(2);
  });

  it('puts a file request into the story of the machine that took the address', () => {
    const ring = new TraceRing();
    ring.add(
      {
        service: 'dhcp',
        event: 'ack',
        outcome: 'answered',
        who: { mac: MAC },
        reasons: [],
        facts: { address: '10.0.0.5' },
      },
      0,
    );
    const sent = ring.add(
      { service: 'tftp', event: 'file-sent', outcome: 'answered', who: { ip: '10.0.0.5' }, reasons: [] },
      1,
    );
    expect(sent.who).toEqual({ ip: '10.0.0.5', mac: MAC });
  });

  it('gives an address to the machine that was seen behind it last', () => {
    const ring = new TraceRing();
    const seen = (mac: string) =>
      ring.add(
        {
          service: 'http',
          event: 'script-served',
          outcome: 'answered',
          who: { mac, ip: '10.0.0.5' },
          reasons: [],
        },
        0,
      );
    seen(MAC);
    seen('52:54:00:00:00:02');
    expect(ring.macOf('10.0.0.5')).toBe('52:54:00:00:00:02');
  });

  it('is bounded: the oldest go first, and are counted', () => {
    const ring = new TraceRing();
    for (let n = 0; n < 10_005; n++) ring.add({ ...ignored(), reasons: [`reason ${n}`] }, n);
    expect(ring.dropped).toBe(5);
    const batch = ring.take();
    expect(batch).toHaveLength(10_000);
    expect(batch[0]?.reasons).toEqual(['reason 5']);
  });

  it('does not count a repeat on the wrong record after the oldest have gone', () => {
    const ring = new TraceRing();
    ring.add(ignored(), 0);
    for (let n = 0; n < 10_000; n++) ring.add({ ...ignored(), reasons: [`reason ${n}`] }, n);
    ring.add(ignored(), 100);
    expect(ring.take().at(-1)).toMatchObject({ reasons: ['not PXE'], count: 1, at: 100 });
  });
});
