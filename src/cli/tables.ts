import type { ServiceStatus } from '#daemon/supervisor.js';
import { terminalWidth } from './terminal.js';

/** Columns as wide as their widest cell, or narrower where `width` asks for it. Cells of strangers are made harmless for a terminal. */
export function table(rows: ReadonlyArray<readonly string[]>, width = Number.POSITIVE_INFINITY): string[] {
  const clean = rows.map((row) => row.map(plain));
  const wanted = (clean[0] ?? []).map((_, column) =>
    clean.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const widths = narrowed(wanted, width - GAP.length * (wanted.length - 1));
  return clean.map((row) =>
    row
      .map((cell, column) => cut(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** A table with a head. On a terminal its long cells are cut, so that each row is one line; everywhere else it is whole. */
export function listing(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  width = terminalWidth(),
): string[] {
  return table([head, ...rows], width);
}

const GAP = '  ';
/** A column is not made narrower. */
const NARROWEST = 8;

/** Takes from the widest columns what is too much. */
function narrowed(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; ) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    const others = widths.filter((one) => one < widest);
    // Equal ones give in turns.
    const isAlone = others.length === widths.length - 1;
    const taken = isAlone ? Math.min(over, widest - Math.max(NARROWEST, ...others)) : 1;
    widths[widths.indexOf(widest)] = widest - taken;
    over -= taken;
  }
  return widths;
}

const cut = (cell: string, width: number) => (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell);

/** What is wrong as one harmless line, however long the words of the caller in it were. */
export function oneLine(text: string): string {
  const line = plain(text.replaceAll(/\s*\n\s*/g, ' '));
  return line.length > MOST ? `${line.slice(0, MOST - 200)} … ${line.slice(-200)}` : line;
}

const MOST = 1000;

/** Text without control characters: what a machine reports must not steer the terminal of whoever reads it. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}

export function serviceTable(services: readonly ServiceStatus[]): string[] {
  return table(
    services.map(({ name, state, detail, remedy }) => [
      name,
      state,
      remedy === undefined ? detail : `${detail}: ${remedy}`,
    ]),
  );
}

/** `12.3 MB`, decimal units. */
export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Local date and time without fractions. */
export function time(milliseconds: number): string {
  const date = new Date(milliseconds - new Date(milliseconds).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
