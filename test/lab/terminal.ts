/**
 * As much of a VT100 as firmware, boot loaders and a Linux console need: cursor movement, erasing, colours.
 * Bytes in; out come the state of the screen (what a person would see now) and running text (everything
 * that was ever printed, free of control sequences).
 */

interface Cell {
  char: string;
  style: string;
}

interface Style {
  foreground: number;
  background: number;
  inverse: boolean;
}

/** One row of the screen; `styles` names the colours of each column, e.g. `37/44`. */
export interface Row {
  readonly text: string;
  readonly styles: readonly string[];
}

/** OVMF uses up to 100x31 on a serial line; SeaBIOS and iPXE 80x25. */
const COLUMNS = 100;
const ROWS = 31;

/** The rest of a control sequence: `[` parameters and a final byte, or one or two plain characters. */
const AFTER_ESCAPE = /^(?:\[([0-9;?=]*)([@-~])|[()#].|[^[()#])/;

export class Terminal {
  readonly #rows: Cell[][] = [];
  readonly #print: (text: string) => void;
  #row = 0;
  #column = 0;
  #saved = { row: 0, column: 0 };
  #style: Style = { foreground: 37, background: 40, inverse: false };
  /** An unfinished control sequence; a read may end in the middle of one. */
  #pending = '';
  #atLineStart = true;

  /** `print` gets running text as it comes. */
  constructor(print: (text: string) => void) {
    this.#print = print;
    for (let row = 0; row < ROWS; row++) this.#rows.push(blankRow());
  }

  /** The rows from the top, blanks at their ends kept away. */
  rows(): Row[] {
    return this.#rows.map((cells) => ({
      text: cells
        .map((cell) => cell.char)
        .join('')
        .trimEnd(),
      styles: cells.map((cell) => cell.style),
    }));
  }

  write(text: string): void {
    const input = this.#pending + text;
    this.#pending = '';
    let index = 0;
    while (index < input.length) {
      const char = input.charAt(index);
      if (char !== '\x1b') {
        this.#put(char);
        index += 1;
        continue;
      }
      const sequence = AFTER_ESCAPE.exec(input.slice(index + 1, index + 40));
      if (!sequence) {
        if (input.length - index >= 40) index += 1;
        else {
          this.#pending = input.slice(index);
          return;
        }
        continue;
      }
      if (sequence[2]) this.#control(sequence[1] ?? '', sequence[2]);
      index += 1 + sequence[0].length;
    }
  }

  #put(char: string): void {
    if (char === '\r') {
      this.#column = 0;
    } else if (char === '\n') {
      this.#lineFeed();
    } else if (char === '\b') {
      this.#column = Math.max(0, this.#column - 1);
    } else if (char === '\t') {
      this.#column = Math.min(COLUMNS - 1, (this.#column & ~7) + 8);
      this.#emit(' ');
    } else if (char >= ' ') {
      if (this.#column >= COLUMNS) {
        this.#column = 0;
        this.#lineFeed();
      }
      const cell = this.#rows[this.#row]?.[this.#column];
      if (cell) {
        cell.char = char;
        cell.style = this.#styleName();
      }
      this.#column += 1;
      this.#emit(char);
    }
  }

  #lineFeed(): void {
    if (this.#row === ROWS - 1) {
      this.#rows.shift();
      this.#rows.push(blankRow());
    } else {
      this.#row += 1;
    }
    this.#newTextLine();
  }

  #control(parameters: string, final: string): void {
    const numbers = parameters.replace(/[?=]/g, '').split(';').map(Number);
    const first = numbers[0] || 1;
    if (final === 'H' || final === 'f') this.#moveTo(first - 1, (numbers[1] || 1) - 1);
    else if (final === 'A') this.#moveTo(this.#row - first, this.#column);
    else if (final === 'B') this.#moveTo(this.#row + first, this.#column);
    else if (final === 'C') this.#moveTo(this.#row, this.#column + first);
    else if (final === 'D') this.#moveTo(this.#row, this.#column - first);
    else if (final === 'G') this.#moveTo(this.#row, first - 1);
    else if (final === 'd') this.#moveTo(first - 1, this.#column);
    else if (final === 's') this.#saved = { row: this.#row, column: this.#column };
    else if (final === 'u') this.#moveTo(this.#saved.row, this.#saved.column);
    else if (final === 'J') this.#eraseDisplay(numbers[0] ?? 0);
    else if (final === 'K') this.#eraseLine(numbers[0] ?? 0);
    else if (final === 'm') for (const number of numbers) this.#setStyle(number);
  }

  #moveTo(row: number, column: number): void {
    const target = Math.max(0, Math.min(ROWS - 1, row));
    if (target !== this.#row) this.#newTextLine();
    this.#row = target;
    this.#column = Math.max(0, Math.min(COLUMNS - 1, column));
  }

  #eraseDisplay(mode: number): void {
    this.#eraseLine(mode);
    for (let row = 0; row < ROWS; row++) {
      if (mode === 2 || (mode === 0 && row > this.#row) || (mode === 1 && row < this.#row)) {
        this.#rows[row] = blankRow();
      }
    }
    if (mode === 2) this.#newTextLine();
  }

  #eraseLine(mode: number): void {
    const cells = this.#rows[this.#row] ?? [];
    cells.forEach((cell, column) => {
      const inside = mode === 2 || (mode === 0 ? column >= this.#column : column <= this.#column);
      if (inside) Object.assign(cell, { char: ' ', style: this.#styleName() });
    });
  }

  #setStyle(code: number): void {
    if (code === 0) this.#style = { foreground: 37, background: 40, inverse: false };
    else if (code === 7) this.#style.inverse = true;
    else if (code === 27) this.#style.inverse = false;
    else if ((code >= 30 && code <= 37) || code === 39) this.#style.foreground = code === 39 ? 37 : code;
    else if ((code >= 40 && code <= 47) || code === 49) this.#style.background = code === 49 ? 40 : code;
  }

  #styleName(): string {
    const { foreground, background, inverse } = this.#style;
    return inverse ? `${background - 10}/${foreground + 10}` : `${foreground}/${background}`;
  }

  #emit(char: string): void {
    this.#atLineStart = false;
    this.#print(char);
  }

  #newTextLine(): void {
    if (this.#atLineStart) return;
    this.#atLineStart = true;
    this.#print('\n');
  }
}

function blankRow(): Cell[] {
  return Array.from({ length: COLUMNS }, () => ({ char: ' ', style: '37/40' }));
}
