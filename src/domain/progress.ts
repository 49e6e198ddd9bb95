/**
 * The status line of an imaging client (spec fos-protocol 4.5, 11.3): `rate@elapsed@remaining@copied@total@percent[@bytes]`, of the
 * partition it is at. Hostile text: every field is cut, and only plain characters pass.
 */
export interface Progress {
  /** Per minute, as the client writes it: `5.32GB`. */
  readonly rate: string;
  /** `HH:MM:SS`. */
  readonly elapsed: string;
  readonly remaining: string;
  /** `6.212 GiB`; in the bitmap phase a number of blocks with a byte unit. */
  readonly copied: string;
  readonly total: string;
  /** 0 to 100, of the current partition. */
  readonly percent: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const MAX_FIELD = 40;

/** Undefined for the empty line (a sign of life) and for anything else that is no status line. */
export function parseProgress(line: string, at: number): Progress | undefined {
  const fields = line
    .slice(0, 512)
    .split('@')
    .map((field) => field.trim());
  const [rate, elapsed, remaining, copied, total, percent] = fields;
  if (fields.length < 6 || fields.slice(0, 6).some((field) => !/^[A-Za-z0-9:. -]{1,40}$/.test(field))) {
    return undefined;
  }
  const number = Number(percent);
  if (!Number.isFinite(number) || number < 0 || number > 100) return undefined;
  const text = (field: string | undefined) => (field ?? '').slice(0, MAX_FIELD);
  return {
    rate: text(rate),
    elapsed: text(elapsed),
    remaining: text(remaining),
    copied: text(copied),
    total: text(total),
    percent: number,
    at,
  };
}
