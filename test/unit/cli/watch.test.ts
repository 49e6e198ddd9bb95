import { describe, expect, it } from 'vitest';
import { progressLine } from '#cli/watch.js';
import type { TaskView } from '#domain/task-view.js';

const task = (change: Partial<TaskView> = {}): TaskView => ({
  id: 1,
  type: 'Deploy',
  state: 'In-Progress',
  host: 'pc1',
  image: 'base',
  createdAt: 0,
  createdBy: 'cli',
  startedAt: 1,
  finishedAt: null,
  lastSeenAt: 1,
  reason: 'the machine checked in',
  before: null,
  progress: null,
  ...change,
});
const at = (percent: number) => ({
  percent,
  overall: null,
  elapsed: '00:01:00',
  at: 1,
  rate: '5.32GB',
  remaining: '00:01:00',
  copied: '3.0 GiB',
  total: '6.3 GiB',
});
const bar = (line: string) => /\[([#-]*)\]/.exec(line)?.[1] ?? '';

describe('the line of a watched task', () => {
  it('has a bar that fills the width', () => {
    const line = progressLine(task({ progress: at(50) }), 80);
    expect(line).toMatch(/^pc1 Deploy base \[#+-+\] {2}50\.0 % 5\.32GB\/min, 00:01:00 left$/);
    expect(line).toHaveLength(80);
    expect(bar(line).replaceAll('-', '').length / bar(line).length).toBeCloseTo(0.5, 1);
  });

  it.each([
    [0, /^-+$/],
    [100, /^#+$/],
  ])('has at %d %% a bar of one kind', (percent, expected) => {
    const line = progressLine(task({ progress: at(percent) }), 80);
    expect(bar(line)).toMatch(expected);
    expect(line).toHaveLength(80);
  });

  it('keeps a short bar where the terminal is too narrow', () => {
    expect(bar(progressLine(task({ progress: at(30) }), 20))).toBe('###-------');
  });

  it.each<[string, Partial<TaskView>, string]>([
    ['waits for its machine', { state: 'Queued', startedAt: null }, 'pc1 Deploy base: Queued'],
    [
      'waits for a slot',
      { state: 'Checked In', before: 0 },
      'pc1 Deploy base: waits for a slot, 0 before it',
    ],
    ['has reported no progress yet', {}, 'pc1 Deploy base: In-Progress'],
    ['is complete', { state: 'Complete', progress: at(99) }, 'pc1 Deploy base: Complete'],
    [
      'has failed',
      { state: 'Failed', reason: 'no disk', progress: at(9) },
      'pc1 Deploy base: Failed (no disk)',
    ],
    ['was cancelled', { state: 'Cancelled', reason: 'by cli' }, 'pc1 Deploy base: Cancelled (by cli)'],
    ['has failed without a reason', { state: 'Failed', reason: '' }, 'pc1 Deploy base: Failed'],
    ['has no image', { type: 'Hardware Inventory', image: null }, 'pc1 Hardware Inventory: In-Progress'],
  ])('of a task that %s', (_, change, expected) => {
    expect(progressLine(task(change), 80)).toBe(expected);
  });
});
