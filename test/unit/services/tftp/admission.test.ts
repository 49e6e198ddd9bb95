import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type Guest } from '#services/tftp/admission.js';

class Someone implements Guest {
  evicted = 0;
  evict(): void {
    this.evicted++;
  }
}

describe('Admission', () => {
  it('limits the transfers of one address and says so', () => {
    const admission = new Admission({ total: 10, perAddress: 2 });
    const guests = [new Someone(), new Someone(), new Someone()] as const;
    expect(admission.enter(guests[0], '10.0.0.9')).toBeUndefined();
    expect(admission.enter(guests[1], '10.0.0.9')).toBeUndefined();
    expect(admission.enter(guests[2], '10.0.0.9')).toBe(
      '10.0.0.9 already has 2 transfers, the most for one address',
    );
    expect(admission.enter(guests[2], '10.0.0.10')).toBeUndefined();
    admission.leave(guests[0]);
    expect(admission.enter(guests[0], '10.0.0.9')).toBeUndefined();
    expect(admission.size).toBe(3);
  });

  it('lets the longest unanswered transfer make way, never one that runs', () => {
    const admission = new Admission({ total: 2, perAddress: 10 });
    const [running, forged, real, last] = [new Someone(), new Someone(), new Someone(), new Someone()];
    for (const [guest, address] of [
      [running, 'a'],
      [forged, 'b'],
    ] as const) {
      admission.enter(guest, address);
      admission.started(guest);
    }
    admission.answered(running);
    expect(admission.enter(real, 'c')).toBeUndefined();
    admission.started(real);
    admission.answered(real);
    expect([running.evicted, forged.evicted, real.evicted]).toEqual([0, 1, 0]);
    expect(admission.enter(last, 'd')).toBe('2 transfers run already, the most at a time');
  });

  it('does not evict who is still waiting for a file', () => {
    const admission = new Admission({ total: 1, perAddress: 10 });
    const opening = new Someone();
    admission.enter(opening, 'a');
    expect(admission.enter(new Someone(), 'b')).toMatch(/the most at a time/);
    expect(opening.evicted).toBe(0);
  });

  it('never holds more than its limits, whatever comes and goes', () => {
    const step = fc.record({
      address: fc.constantFrom('a', 'b', 'c'),
      leave: fc.nat(5),
      answers: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const admission = new Admission({ total: 5, perAddress: 3 });
        const guests: Someone[] = [];
        for (const { address, leave, answers } of steps) {
          const guest = new Someone();
          if (admission.enter(guest, address) === undefined) {
            guests.push(guest);
            admission.started(guest);
            if (answers) admission.answered(guest);
          }
          const leaving = guests[leave];
          if (leaving) admission.leave(leaving);
          expect(admission.size).toBeLessThanOrEqual(5);
        }
        for (const guest of guests) admission.leave(guest);
        expect(admission.size).toBe(0);
      }),
    );
  });
});
