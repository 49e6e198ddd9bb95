/** What a command prints: the value as JSON for programs, or lines for people. */
export function print({ json }: { readonly json?: true }, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`);
}
