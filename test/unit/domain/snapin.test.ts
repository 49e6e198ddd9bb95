import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSnapinFile, isSnapinName } from '#domain/snapin.js';
import { parseExitCode, reportOutcome, type SnapinTask, spent } from '#domain/snapin-task.js';
import { TaskState } from '#domain/task.js';

describe('a name that becomes a path on the client', () => {
  it.each(['7-Zip', 'Office 2024', 'Größe', 'a.b', '+'])('%j is one', (name) => {
    expect([isSnapinName(name), isSnapinFile(name)]).toEqual([true, true]);
  });

  it.each([
    ...['', ' ', '.', '..', '...', 'a/b', 'a\\b', 'c:', 'a*', 'a?', 'a"', '<a', 'a|', ' a', 'a ', '.a', 'a.'],
    ...['CON', 'nul', 'com1.exe', 'LPT9', 'a\n', 'a\u0000b', 'a\u202eb', 'a\u2028'],
  ])('%j is none', (name) => {
    expect([isSnapinName(name), isSnapinFile(name)]).toEqual([false, false]);
  });

  it('never leads out of its folder, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        if (isSnapinName(text)) expect(text).not.toMatch(/[\\/:]|\.\.|^\.|\p{Cc}/u);
      }),
    );
  });
});

describe('an exit code', () => {
  it.each([
    ['0', 0],
    ['3010', 3010],
    ['-1', -1],
    ['-2147483648', -2147483648],
    ['2147483647', 2147483647],
    ['4294967295', -1],
    ['3221225477', -1073741819],
  ])('%s is %d', (text, code) => {
    expect(parseExitCode(text)).toBe(code);
  });

  it.each(['', '-', '+1', '1.0', '0x1', '1e3', '4294967296', '-2147483649', '99999999999', ' 1'])(
    '%j is none',
    (text) => {
      expect(parseExitCode(text)).toBeUndefined();
    },
  );
});

const task = (more: Partial<SnapinTask>): SnapinTask => ({
  ...{ id: 1, jobId: 1, hostId: 1, snapinId: 1, snapin: 'a', state: TaskState.inProgress, createdAt: 0 },
  ...{ createdBy: 'x', attempts: 1, offered: 'f', checkedInAt: 1, startedAt: 1, sentAt: null },
  ...{ finishedAt: null, exitCode: null, details: '', ...more },
});

describe('a report', () => {
  it.each([
    ['0 after the whole file', { sentAt: 1 }, 0, TaskState.complete],
    ['0 though fogd did not see all of it go', {}, 0, TaskState.complete],
    ['another code', { sentAt: 1 }, 1603, TaskState.complete],
    ['-1 after the whole file', { sentAt: 1 }, -1, TaskState.complete],
    ['-1 without the whole file', {}, -1, TaskState.queued],
    ['-1 without the whole file for the third time', { attempts: 3 }, -1, TaskState.failed],
    ['-1 before it was asked for', { attempts: 0 }, -1, TaskState.queued],
  ])('of %s', (_what, more, code, state) => {
    expect(reportOutcome(task(more), code, '')).toMatchObject({ state, exitCode: code });
  });

  it('that never comes ends the offers after three', () => {
    expect([0, 1, 2].map((attempts) => spent(task({ attempts })))).toEqual([undefined, undefined, undefined]);
    expect(spent(task({ attempts: 3, sentAt: 1 }))).toMatch(/no exit code came back/);
  });
});
