import { describe, expect, it } from 'vitest';
import { queueDecision } from '#domain/queue.js';

const node = { name: 'one', enabled: true, maxClients: 2 };
const base = {
  node,
  hasFailed: false,
  takesSlot: true,
  used: 0,
  before: 0,
};

describe('queue', () => {
  it('lets a machine through while there are slots', () => {
    expect(queueDecision(base)).toEqual({ kind: 'go' });
    expect(queueDecision({ ...base, used: 1 })).toEqual({ kind: 'go' });
  });

  it('tells how many wait in front when all slots are taken', () => {
    expect(queueDecision({ ...base, used: 2, before: 2 })).toEqual({
      kind: 'wait',
      text: 'No open slots, There are 2 before me.',
      reason: 'waits for a slot',
    });
  });

  it('keeps a free slot for those who came first', () => {
    expect(queueDecision({ ...base, used: 1, before: 1 })).toMatchObject({
      kind: 'wait',
      text: 'There are open slots, but 1 before me on this node.',
    });
    expect(queueDecision({ ...base, used: 0, before: 1 })).toEqual({ kind: 'go' });
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
});
