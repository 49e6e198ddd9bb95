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
  /** Size of the current partition's content; 0 where the client does not tell. */
  readonly bytes: number;
  /** Of the partitions before it. What is done between two reports is not seen. */
  readonly doneBytes: number;
  /** The last report of copied data: a bitmap that is read has a percentage of its own (spec 11.7). */
  readonly data: { readonly bytes: number; readonly percent: number };
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
  const size = Number(fields[6]);
  const bytes = Number.isFinite(size) && size > 0 ? Math.floor(size) : 0;
  return {
    rate: text(rate),
    elapsed: text(elapsed),
    remaining: text(remaining),
    copied: text(copied),
    total: text(total),
    percent: number,
    bytes,
    doneBytes: 0,
    data: { bytes: 0, percent: 0 },
    at,
  };
}

/** partclone reads the bitmap of a file system before it copies. */
const READS_BITMAP = /^0+(\.0+)?byte$/;

/** A report with what is known from the reports before it. */
export function continued(before: Progress | null, report: Progress): Progress {
  const { data = { bytes: 0, percent: 0 }, doneBytes = 0 } = before ?? {};
  if (READS_BITMAP.test(report.rate)) return { ...report, data, doneBytes };
  const isNext = data.bytes > 0 && (report.bytes !== data.bytes || report.percent < data.percent);
  return {
    ...report,
    data: { bytes: report.bytes, percent: report.percent },
    doneBytes: doneBytes + (isNext ? data.bytes : 0),
  };
}

/** Percent of all that is to be copied, or null where that is not known; `allBytes` is the sum of the partitions' contents. */
export function overallPercent({ data, doneBytes }: Progress, allBytes: number): number | null {
  if (allBytes <= 0 || data.bytes <= 0) return null;
  const part = (doneBytes + (data.bytes * data.percent) / 100) / allBytes;
  return Math.round(Math.min(1, part) * 1000) / 10;
}
