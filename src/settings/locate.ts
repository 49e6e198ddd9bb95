/**
 * Finds the line of a setting in TOML text, for error messages only: a parsed document has no lines. A path that is not in the file
 * gives the line of its nearest table. Arrays of tables count by their `[[…]]` headers.
 */
export function locate(text: string, path: readonly string[]): number | undefined {
  const seen = new Map<string, number>();
  let table: string[] = [];
  let best: { depth: number; line: number } | undefined;
  const consider = (found: readonly string[], line: number) => {
    const common = found.every((part, index) => path[index] === part) ? found.length : 0;
    if (common > (best?.depth ?? 0)) best = { depth: common, line };
  };
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    const header = /^\[(\[)?\s*([\w."'-]+)\s*\]/.exec(line);
    if (header) {
      const name = header[2] ?? '';
      table = name.split('.').map((part) => part.replaceAll(/["']/g, ''));
      if (header[1]) {
        const number = seen.get(name) ?? 0;
        seen.set(name, number + 1);
        table.push(String(number));
      }
      consider(table, index + 1);
      return;
    }
    const key = /^([\w."'-]+)\s*=/.exec(line)?.[1];
    if (key) consider([...table, ...key.split('.').map((part) => part.replaceAll(/["']/g, ''))], index + 1);
  });
  return best?.line;
}
