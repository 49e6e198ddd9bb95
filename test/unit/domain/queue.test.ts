import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueDecision } from '#domain/queue.js';

const node = { name: 'one', enabled: true, maxClients: 2 };
const base = {
  taskId: 1,
  node,
  hasFailed: false,
  takesSlot: true,
  used: 0,
  waiting: [],
  checkedInAt: 100,
  now: 100,
  timeoutMs: 1000,
};
const waiting = (taskId: number, checkedInAt: number, seenAt = 100) => ({ taskId, checkedInAt, seenAt });

describe('queue', () => {
  it('lets a machine through while there are slots', () => {
    expect(queueDecision(base)).toEqual({ kind: 'go' });
    expect(queueDecision({ ...base, used: 1 })).toEqual({ kind: 'go' });
  });

  it('tells how many wait in front when all slots are taken', () => {
    const full = { ...base, used: 2, waiting: [waiting(2, 50), waiting(3, 60), waiting(4, 200)] };
    expect(queueDecision(full)).toEqual({
      kind: 'wait',
      before: 2,
      text: 'No open slots, There are 2 before me.',
      reason: 'waits for a slot',
    });
  });

  it('keeps a free slot for those who came first', () => {
    expect(queueDecision({ ...base, used: 1, waiting: [waiting(2, 50)] })).toMatchObject({
      kind: 'wait',
      text: 'There are open slots, but 1 before me on this node.',
    });
    expect(queueDecision({ ...base, used: 0, waiting: [waiting(2, 50)] })).toEqual({ kind: 'go' });
  });

  it('lets a machine wait that has blamed the node lately, and for a node that is disabled, captures too', () => {
    const reason = 'the storage node one failed for this machine within the last 5 minutes';
    expect(queueDecision({ ...base, hasFailed: true, takesSlot: false })).toMatchObject({
      kind: 'wait',
      reason,
    });
    const off = queueDecision({ ...base, node: { ...node, enabled: false }, takesSlot: false });
    expect(off).toMatchObject({ kind: 'wait', reason: 'the storage node one is disabled' });
  });

  it('lets captures through, whatever the slots', () => {
    expect(queueDecision({ ...base, used: 9, takesSlot: false })).toEqual({ kind: 'go' });
  });

  it('forgets a machine that stopped asking', () => {
    const late = { ...base, now: 5000, checkedInAt: 4500, used: 1, waiting: [waiting(2, 50, 3000)] };
    expect(queueDecision(late)).toEqual({ kind: 'go' });
  });

  it('orders two that came in the same millisecond by their number', () => {
    const one = { ...base, node: { ...node, maxClients: 1 } };
    expect(queueDecision({ ...one, taskId: 1, waiting: [waiting(2, 100)] }).kind).toBe('go');
    expect(queueDecision({ ...one, taskId: 2, waiting: [waiting(1, 100)] }).kind).toBe('wait');
  });

  it('of any waiting crowd lets exactly as many through as there are slots, first come first served', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (ids, times, maxClients) => {
          const crowd = ids.map((id, index) => waiting(id, times[index] ?? 0));
          const go = crowd.filter(
            (one) =>
              queueDecision({
                ...base,
                taskId: one.taskId,
                node: { ...node, maxClients },
                waiting: crowd.filter((other) => other !== one),
                checkedInAt: one.checkedInAt,
              }).kind === 'go',
          );
          const first = [...crowd]
            .sort((a, b) => a.checkedInAt - b.checkedInAt || a.taskId - b.taskId)
            .slice(0, maxClients);
          expect(new Set(go)).toEqual(new Set(first));
        },
      ),
    );
  });
});
