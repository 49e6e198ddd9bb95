/** An iPXE menu on a virtual PC's screen: which line is highlighted, and choosing one with the arrow keys. */
import type { Screen } from './screen.js';

interface Line {
  readonly row: number;
  readonly text: string;
  /** Background colour of the line's text. */
  readonly background: string;
}

/** Lines with text. The colour is read where the text is: column 3 on, behind iPXE's margin. */
function lines(screen: Screen): Line[] {
  return screen.rows().flatMap(({ text, styles }, row) => {
    const background = (styles[4] ?? '').split('/')[1] ?? '';
    return text.trim() === '' ? [] : [{ row, text, background }];
  });
}

/**
 * The highlighted line: the only one whose background differs from its neighbours'. Colours themselves
 * prove nothing, scripts may change them.
 */
export function highlightedLine(screen: Screen): Line | undefined {
  const all = lines(screen);
  const alone = all.filter(
    (line) => all.filter((other) => other.background === line.background).length === 1,
  );
  return all.length > 1 && alone.length === 1 ? alone[0] : undefined;
}

/** The line of a menu item. Behind its label may stand iPXE's countdown; in front of it what was there before. */
function findItem(screen: Screen, label: string): Line | undefined {
  return lines(screen).find((line) => {
    const at = line.text.indexOf(label);
    return at >= 0 && /^\s*(\(\d+\))?$/.test(line.text.slice(at + label.length));
  });
}

/**
 * Waits for a menu with this item, moves to it and presses Enter. `from`: only a menu drawn after this
 * mark counts. Returns a mark just before Enter, to wait from for what the choice does.
 */
export async function chooseMenuItem(
  screen: Screen,
  label: string,
  timeoutMs: number,
  from = 0,
): Promise<number> {
  await screen.waitFor(label, timeoutMs, from);
  await screen.waitUntil(`the menu with "${label}"`, 120_000, () =>
    findItem(screen, label) && highlightedLine(screen) ? true : undefined,
  );
  for (let steps = 0; steps < 60; steps++) {
    const current = highlightedLine(screen);
    const wanted = findItem(screen, label);
    if (!current || !wanted) throw new Error(`the menu went away; the screen:\n${screen.snapshot()}`);
    if (current.row === wanted.row) {
      const mark = screen.mark();
      screen.key('enter');
      return mark;
    }
    screen.key(wanted.row > current.row ? 'down' : 'up');
    await screen.waitUntil('the highlight to move', 120_000, () => {
      const now = highlightedLine(screen);
      return now && now.row !== current.row ? true : undefined;
    });
  }
  throw new Error(`"${label}" cannot be reached with the arrow keys; the screen:\n${screen.snapshot()}`);
}
