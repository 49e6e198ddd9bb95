/** Columns of the terminal that standard output is; undefined where it is a file or a pipe. */
export function terminalWidth(stream: NodeJS.WriteStream = process.stdout): number | undefined {
  // Serial consoles and pipes through `script` say 0.
  return stream.isTTY ? stream.columns || 80 : undefined;
}

/** `[###-------]`; `done` from 0 to 1. */
export function bar(done: number, room: number): string {
  const full = Math.round(done * room);
  return `[${'#'.repeat(full)}${'-'.repeat(room - full)}]`;
}

/**
 * How far something is, on standard error: there a line that is drawn again on a terminal, and nothing elsewhere: logs want results. `say` at most
 * every 100 ms; `done` takes the line away.
 */
export class ProgressLine {
  private at = Number.NEGATIVE_INFINITY;
  private isDrawn = false;

  constructor(
    private readonly now: () => number,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  say(text: string): void {
    const width = terminalWidth(this.stream);
    if (width === undefined || this.now() - this.at < 100) return;
    this.at = this.now();
    this.isDrawn = true;
    this.stream.write(`\r\x1b[2K${text.slice(0, width - 1)}`);
  }

  done(): void {
    if (this.isDrawn) this.stream.write('\r\x1b[2K');
    this.isDrawn = false;
  }
}
