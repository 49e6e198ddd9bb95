/**
 * The serial console of a virtual PC: what it prints, and keys typed into it. Kept on disk twice: as raw
 * bytes, and as text lines with the seconds since power-on.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { type Row, Terminal } from './terminal.js';

const KEYS = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  backspace: '\x7f',
  'ctrl-b': '\x02',
  'ctrl-c': '\x03',
  f2: '\x1bOQ',
} as const;

export type Key = keyof typeof KEYS;

/** Characters of a field of iPXE's login; all of them are drawn after each key. */
const FIELD_WIDTH = 20;
/** Behind the word "Password" its colon, then both fields and the first one once more, each on another line. */
const LOGIN_WIDTH = 1 + 3 * (1 + FIELD_WIDTH);

export class Screen {
  readonly #terminal = new Terminal((text) => this.#print(text));
  readonly #watchers = new Set<() => void>();
  readonly #raw: WriteStream;
  readonly #lines: WriteStream;
  readonly #send: (bytes: string) => void;
  readonly #start = Date.now();
  #text = '';
  #line = '';
  #lineTime = 0;
  #ended: string | undefined;

  /** Writes `BASE.raw` and `BASE.log`. `send` carries typed bytes to the machine. */
  constructor(base: string, send: (bytes: string) => void) {
    this.#raw = createWriteStream(`${base}.raw`);
    this.#lines = createWriteStream(`${base}.log`);
    this.#send = send;
  }

  /** Everything printed so far, without control sequences. */
  get text(): string {
    return this.#text;
  }

  /** A place in the running text, to wait from. */
  mark(): number {
    return this.#text.length;
  }

  rows(): Row[] {
    return this.#terminal.rows();
  }

  /** What a person would see now, for failure reports. */
  snapshot(): string {
    return this.rows()
      .map((row) => row.text)
      .join('\n')
      .trimEnd();
  }

  feed(chunk: Buffer): void {
    this.#raw.write(chunk);
    this.#terminal.write(chunk.toString('latin1'));
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The machine is gone: every wait ends with this reason. */
  end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    if (this.#line) this.#print('\n');
    this.#raw.end();
    this.#lines.end();
    for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * Waits for text printed after `from` (a mark; default: the very beginning). Returns the place behind
   * the match, to wait from next time.
   */
  async waitFor(pattern: RegExp | string, timeoutMs: number, from = 0): Promise<number> {
    return await this.waitUntil(`the text ${String(pattern)}`, timeoutMs, () => {
      const rest = this.#text.slice(from);
      if (typeof pattern === 'string') {
        const at = rest.indexOf(pattern);
        return at < 0 ? undefined : from + at + pattern.length;
      }
      const match = pattern.exec(rest);
      return match ? from + match.index + match[0].length : undefined;
    });
  }

  /** Waits until `probe` finds something; it is asked again each time the machine printed. */
  async waitUntil<T>(what: string, timeoutMs: number, probe: () => T | undefined): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
      };
      const fail = (why: string): void => {
        finish();
        reject(new Error(`${why} while waiting for ${what}; the screen:\n${this.snapshot()}`));
      };
      const check = (): void => {
        const found = probe();
        if (found !== undefined) {
          finish();
          resolve(found);
        } else if (this.#ended !== undefined) fail(this.#ended);
      };
      const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }

  type(text: string): void {
    this.#send(text);
  }

  /** Waits until iPXE's login is drawn after `from`, and takes keys. */
  async waitForLogin(timeoutMs: number, from: number): Promise<void> {
    const fields = await this.waitFor('Password', timeoutMs, from);
    await this.#drawn('the fields of the login', fields, LOGIN_WIDTH);
  }

  /** Enter in the first field of iPXE's login; resolves when the second one takes keys. */
  async enterFirstField(): Promise<void> {
    const before = this.mark();
    this.key('enter');
    await this.#drawn('the second field', before, 1 + FIELD_WIDTH);
  }

  /** Types into a field of iPXE's login. */
  async typeInField(text: string): Promise<void> {
    await this.#typeDrawn(text, FIELD_WIDTH);
  }

  /** Types where iPXE reads a line. */
  async typeInLine(text: string): Promise<void> {
    await this.#typeDrawn(text, 1);
  }

  /** Each character when this much was drawn for the one before: what comes earlier is lost. */
  async #typeDrawn(text: string, width: number): Promise<void> {
    for (const character of text) {
      const before = this.mark();
      this.type(character);
      await this.#drawn('what was typed', before, width);
    }
  }

  async #drawn(what: string, from: number, characters: number): Promise<void> {
    await this.waitUntil(`${what} to be drawn`, 120_000, () =>
      this.mark() - from >= characters ? true : undefined,
    );
  }

  key(key: Key): void {
    this.#send(KEYS[key]);
  }

  #print(text: string): void {
    this.#text += text;
    if (text !== '\n') {
      if (this.#line === '') this.#lineTime = Date.now() - this.#start;
      this.#line += text;
      return;
    }
    this.#lines.write(`${(this.#lineTime / 1000).toFixed(2).padStart(8)} ${this.#line.trimEnd()}\n`);
    this.#line = '';
  }
}
