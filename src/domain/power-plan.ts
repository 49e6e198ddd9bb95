/** FOG's words for what is done to the power of a machine (data-model 5.8). */
export const POWER_ACTIONS = ['shutdown', 'reboot', 'wol'] as const;
export type PowerAction = (typeof POWER_ACTIONS)[number];
/** What its client does: it takes every other word for a shutdown, and wakes nobody (spec client-protocol 7.2). */
export type ClientPowerAction = Exclude<PowerAction, 'wol'>;

export function isForClient(action: PowerAction): action is ClientPowerAction {
  return action !== 'wol';
}

/** One line of the clock of a host (FOG's power management, data-model 2.1). */
export interface PowerPlan {
  readonly id: number;
  readonly hostId: number;
  readonly action: PowerAction;
  /** As `parseCron` writes it. */
  readonly cron: string;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
/** February of a leap year. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

interface Field {
  readonly first: number;
  readonly last: number;
  /** Names of its values, from `first` on. */
  readonly names?: readonly string[];
}

const MINUTE: Field = { first: 0, last: 59 };
const HOUR: Field = { first: 0, last: 23 };
const DAY: Field = { first: 1, last: 31 };
const MONTH: Field = { first: 1, last: 12, names: MONTHS };
/** 0 and 7 are Sunday. */
const WEEKDAY: Field = { first: 0, last: 7, names: DAYS };

/**
 * A time in the five fields of cron (`30 6 * * 1-5`), written in the one way that clients read as it is meant: single spaces, days of the week by
 * their names, since clients count those from Sunday = 1 in all but single numbers (spec client-protocol 7.2). Undefined for what is no time,
 * or one that never comes.
 */
export function parseCron(text: string): string | undefined {
  const words = text.trim().split(/\s+/);
  if (text.length > 200 || words.length !== 5) return undefined;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = words;
  const minutes = values(minute, MINUTE);
  const hours = values(hour, HOUR);
  const days = values(day, DAY);
  const months = values(month, MONTH);
  const weekdays = values(weekday, WEEKDAY)?.map((number) => number % 7);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const earliest = Math.min(...days);
  if (!months.some((number) => earliest <= (LONGEST[number - 1] ?? 0))) return undefined;
  return [
    write(minutes, MINUTE),
    write(hours, HOUR),
    write(days, DAY),
    write(months, { first: 1, last: 12 }),
    write(weekdays, { first: 0, last: 6, names: DAYS }),
  ].join(' ');
}

/**
 * The lines that a client is told for one of `parseCron`: it forgets the day of the week where there is a day of the month, while cron means
 * either of them.
 */
export function clientLines(cron: string): string[] {
  const [minute, hour, day, month, weekday] = cron.split(' ');
  if (day === '*' || weekday === '*') return [cron];
  return [`${minute} ${hour} ${day} ${month} *`, `${minute} ${hour} * ${month} ${weekday}`];
}

/**
 * Whether one of `parseCron` is due in the minute that `time` is in, by the local clock. That skips an hour when daylight saving time begins and shows
 * one again when it ends. As with cron, what was skipped is due right after it, and what is shown again is not; what has no hour of its own follows
 * the clock.
 */
export function isDue(cron: string, time: Date): boolean {
  const minute = Math.floor(time.getTime() / MINUTE_MS) * MINUTE_MS;
  const now = shown(minute);
  if (cron.split(' ')[1] === '*') return means(cron, now);
  if (isShownAgain(minute)) return false;
  for (let one = shown(minute - MINUTE_MS) + MINUTE_MS; one <= now; one += MINUTE_MS)
    if (means(cron, one)) return true;
  return false;
}

const MINUTE_MS = 60_000;

/** What the local clock shows at a time, as a time at which UTC shows the same. */
function shown(time: number): number {
  return time - new Date(time).getTimezoneOffset() * MINUTE_MS;
}

function isShownAgain(minute: number): boolean {
  const at = new Date(minute);
  // Of two times that the clock shows alike, this is the first (ECMA-262, "UTC (t)").
  const first = new Date(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes());
  return first.getTime() < minute;
}

/** Whether a minute is meant, as `shown` gives it. A day of the month and of the week: either (cron). */
function means(cron: string, at: number): boolean {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.split(' ');
  const time = new Date(at);
  const has = (text: string, field: Field, number: number) => values(text, field)?.includes(number) ?? false;
  const isTime =
    has(minute, MINUTE, time.getUTCMinutes()) &&
    has(hour, HOUR, time.getUTCHours()) &&
    has(month, MONTH, time.getUTCMonth() + 1);
  if (!isTime) return false;
  const [onDay, onWeekday] = [has(day, DAY, time.getUTCDate()), has(weekday, WEEKDAY, time.getUTCDay())];
  return day === '*' || weekday === '*' ? onDay && onWeekday : onDay || onWeekday;
}

/** Numbers that a field means; undefined when it means none. */
function values(text: string, field: Field): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', stepText] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const step = stepText === undefined ? 1 : Number(stepText);
    const [from = '', to] = range.split('-');
    const first = range === '*' ? field.first : numberOf(from, field);
    // cron: "5/10" is 5 to the end.
    const open = range === '*' || (to === undefined && stepText !== undefined);
    const last = open ? endOf(field) : to === undefined ? first : numberOf(to, field, first);
    if (step === 0 || range.split('-').length > 2 || first === undefined || last === undefined)
      return undefined;
    if (last < first) return undefined;
    for (let number = first; number <= last; number += step) found.add(number);
  }
  return found.size === 0 ? undefined : [...found];
}

/** The end of `*`: Sunday is not meant twice. */
const endOf = (field: Field) => (field === WEEKDAY ? 6 : field.last);

/** `after`: where it ends a range; `FRI-SUN` ends with 7. */
function numberOf(text: string, { first, last, names }: Field, after = 0): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + first === 0 && after > 0 ? 7 : named + first;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= first && number <= last ? number : undefined;
}

/** Runs of three or more as a range; all as `*`. */
function write(numbers: readonly number[], { first, last, names }: Field): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  if (sorted.length === last - first + 1) return '*';
  const word = (number: number) => names?.[number - first] ?? String(number);
  const runs: number[][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs
    .flatMap((run) => (run.length < 3 ? run.map(word) : [`${word(run[0] ?? 0)}-${word(run.at(-1) ?? 0)}`]))
    .join(',');
}
