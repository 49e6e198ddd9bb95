import { describe, expect, it } from 'vitest';
import { clientLines, isDue, parseCron } from '#domain/power-plan.js';

/** Days on which the client acts: Quartz counts from Sunday = 1, and the client adds 1 to a single number only (spec client-protocol 7.2). */
function quartzDays(field: string): string {
  return /^\d$/.test(field) ? String(Number(field) + 1) : field;
}

describe('a time of cron', () => {
  it.each([
    ['0 22 * * 5', '0 22 * * FRI'],
    ['5 4 * * 0', '5 4 * * SUN'],
    ['15 3 * * 7', '15 3 * * SUN'],
    ['30 6 * * 1-5', '30 6 * * MON-FRI'],
    ['0 0 * * 1,3,5', '0 0 * * MON,WED,FRI'],
    ['30 6 * * mon-fri', '30 6 * * MON-FRI'],
    ['0 1 * * 5-7', '0 1 * * SUN,FRI,SAT'],
    ['0 1 * * FRI-SUN', '0 1 * * SUN,FRI,SAT'],
    ['0 1 * * 0-6', '0 1 * * *'],
    ['0 1 * * 1-7', '0 1 * * *'],
    ['0 1 * * */2', '0 1 * * SUN,TUE,THU,SAT'],
    ['*/10 * * * *', '0,10,20,30,40,50 * * * *'],
    ['5/20 0 1 * *', '5,25,45 0 1 * *'],
    ['0  0   1\t*  *', '0 0 1 * *'],
    ['0 8-18/2 1-31 1-12 *', '0 8,10,12,14,16,18 * * *'],
    ['0 0 1 JAN,mar *', '0 0 1 1,3 *'],
    ['0 0 29 2 *', '0 0 29 2 *'],
    ['07 08 * * *', '7 8 * * *'],
  ])('%j is told as %j, and that is told as itself', (text, cron) => {
    expect(parseCron(text)).toBe(cron);
    expect(parseCron(cron)).toBe(cron);
    expect(cron).not.toMatch(/ {2}/);
    // Names mean the same to cron and to Quartz; numbers do not.
    expect(quartzDays(cron.split(' ')[4] ?? '')).toMatch(/^(\*|[A-Z,-]+)$/);
  });

  it.each([
    '@daily',
    '0 25 * * *',
    '60 0 * * *',
    '0 0 0 * *',
    '0 0 32 * *',
    '0 0 * 13 *',
    '0 0 * * 8',
    '0 0 * *',
    '0 0 * * * *',
    '0 0 31 2 *',
    '0 0 31 2,4,6 *',
    '0 0 * * 5-1',
    '*/0 * * * *',
    '1-2-3 * * * *',
    '1,,2 * * * *',
    '-1 * * * *',
    '0 0 * * L',
    '0 0 ? * *',
    '0 0 * * MON#2',
    "0 0 * * '; DROP TABLE hosts",
    '',
    `${'1,'.repeat(200)}1 * * * *`,
  ])('%j is none', (text) => {
    expect(parseCron(text)).toBeUndefined();
  });

  it('with a day of the month and of the week is told as two, since cron means either', () => {
    expect(clientLines('0 0 1 1 MON')).toEqual(['0 0 1 1 *', '0 0 * 1 MON']);
    expect(clientLines('0 0 * * MON')).toEqual(['0 0 * * MON']);
    expect(clientLines('0 0 1 * *')).toEqual(['0 0 1 * *']);
  });
});

describe('a minute', () => {
  // 1 May 2026 is a Friday.
  const friday = (hour: number, minute: number) => new Date(2026, 4, 1, hour, minute, 30);
  it.each<[string, Date, boolean]>([
    ['30 6 * * 1-5', friday(6, 30), true],
    ['30 6 * * 1-5', friday(6, 31), false],
    ['30 6 * * 1-5', friday(18, 30), false],
    ['30 6 * * 1-5', new Date(2026, 4, 2, 6, 30), false],
    ['30 6 * * 0', new Date(2026, 4, 3, 6, 30), true],
    ['30 6 * * 7', new Date(2026, 4, 3, 6, 30), true],
    ['30 6 1 * *', friday(6, 30), true],
    ['30 6 2 * *', friday(6, 30), false],
    ['30 6 2 * 5', friday(6, 30), true],
    ['30 6 1 * 1', friday(6, 30), true],
    ['30 6 2 * 1', friday(6, 30), false],
    ['30 6 * 5 *', friday(6, 30), true],
    ['30 6 * JUN *', friday(6, 30), false],
    ['*/10 * * * *', friday(23, 50), true],
  ])('%s, at %s: %s', (text, time, due) => {
    expect(isDue(parseCron(text) ?? '', time)).toBe(due);
  });
});
