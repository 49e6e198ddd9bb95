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
