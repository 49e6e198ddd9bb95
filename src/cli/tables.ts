import type { ServiceStatus } from '#daemon/supervisor.js';

/** Columns as wide as their widest cell. Cells of strangers are made harmless for a terminal. */
export function table(rows: ReadonlyArray<readonly string[]>): string[] {
  const clean = rows.map((row) => row.map(plain));
  const widths = (clean[0] ?? []).map((_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

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
