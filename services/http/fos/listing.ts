/**
 * The bodies of `imagelisting.php` and its kin: FOS prints them with `echo -e`, unquoted, so tabs and newlines are literal backslash
 * escapes and names must not hold what a shell expands (spec fos-protocol 3.13).
 */
export function listing(
  kind: string,
  rows: ReadonlyArray<{ readonly id: number; readonly name: string }>,
): string {
  if (rows.length === 0) return `There are no ${kind} on this server`;
  return rows
    .map(({ id, name }) => `\\tID# ${id}\\t-\\t${name.replaceAll(/[\\*?[\]\p{Cc}]/gu, '_')}\\n`)
    .join('');
}
