import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

/** Where and when the clock is changed, as the tz database has it; times of UTC. */
describe.each([
  {
    place: 'Europe/Berlin',
    // 02:00 to 03:00.
    forward: '2026-03-29T01:00Z',
    // 03:00 to 02:00.
    back: '2026-10-25T01:00Z',
    skipped: ['0 2 29 3 *', '30 2 * * *', '59 2 * * 0', '*/10 1-2 * * 7', '15 0-22/2 * * *'],
    repeated: ['0 2 25 10 *', '30 2 * * *', '59 2 * * 0', '30 1-2 * * *'],
    minutes: 60,
  },
  {
    place: 'Australia/Lord_Howe',
    // 02:00 to 02:30.
    forward: '2026-10-03T15:30Z',
    // 02:00 to 01:30.
    back: '2026-04-04T15:00Z',
    skipped: ['0 2 4 10 *', '29 2 * * *'],
    repeated: ['30 1 5 4 *', '59 1 * * *'],
    minutes: 30,
  },
  {
    place: 'Asia/Beirut',
    // 00:00 to 01:00, of the day that has no first hour.
    forward: '2026-03-28T22:00Z',
    // 00:00 to 23:00 of the day before.
    back: '2026-10-24T21:00Z',
    skipped: ['0 0 29 3 *', '30 0 * * SUN'],
    repeated: ['0 23 24 10 *', '30 23 * * SAT'],
    minutes: 60,
  },
])('daylight saving time in $place', ({ place, forward, back, skipped, repeated, minutes }) => {
  beforeEach(() => void vi.stubEnv('TZ', place));
  afterEach(() => void vi.unstubAllEnvs());

  /** Minutes around a change in which a time of cron is due; 0: the first that the changed clock shows. */
  const due = (text: string, change: string) =>
    Array.from({ length: 4 * 60 }, (_, index) => index - 2 * 60).filter((minute) =>
      isDue(parseCron(text) ?? '', new Date(Date.parse(change) + minute * 60_000 + 30_000)),
    );

  it.each(skipped)('%s, which is skipped, is due right after it and then no more', (cron) => {
    expect(due(cron, forward).filter((minute) => minute >= 0 && minute < minutes)).toEqual([0]);
  });

  it.each(repeated)('%s, which is shown twice, is due the first time', (cron) => {
    const found = due(cron, back);
    expect(found.filter((minute) => minute >= 0 && minute < minutes)).toEqual([]);
    expect(found.filter((minute) => minute >= -minutes && minute < 0)).toHaveLength(1);
  });

  it.each([forward, back])('what is done every hour follows the clock over %s', (change) => {
    expect(due('*/30 * * * *', change)).toEqual([-120, -90, -60, -30, 0, 30, 60, 90]);
  });
});

describe('the hours around a change of the clock in Europe/Berlin', () => {
  beforeEach(() => void vi.stubEnv('TZ', 'Europe/Berlin'));
  afterEach(() => void vi.unstubAllEnvs());

  it.each([
    ['59 1 * * *', '2026-03-29T00:59Z', '2026-10-24T23:59Z'],
    ['0 3 * * *', '2026-03-29T01:00Z', '2026-10-25T02:00Z'],
    ['0 2,3 * * *', '2026-03-29T01:00Z', '2026-10-25T00:00Z 2026-10-25T02:00Z'],
    ['1 3 * * *', '2026-03-29T01:01Z', '2026-10-25T02:01Z'],
    ['30 6 * * *', '2026-03-29T04:30Z', '2026-10-25T05:30Z'],
    // Another day or month is meant.
    ['30 2 28 * *', '', ''],
    ['30 2 * 4 *', '', ''],
    ['30 2 * * MON-SAT', '', ''],
  ])('%s: %s, and %s', (cron, spring, autumn) => {
    const days = [Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25)].map((day) =>
      // From midnight to noon of the local clock, and some more.
      Array.from({ length: 14 * 60 }, (_, minute) => new Date(day + (minute - 60) * 60_000))
        .filter((time) => isDue(parseCron(cron) ?? '', time))
        .map((time) => `${time.toISOString().slice(0, 16)}Z`)
        .join(' '),
    );
    expect(days).toEqual([spring, autumn]);
  });
});
