/** Longer names than this are compared by their beginning: nobody mistypes a name of that length by chance. */
const COMPARED = 48;

/**
 * The existing name that a missing one most likely meant: the same base name in another folder or letter case first, else the base
 * name with the fewest edits, if they are few. Undefined when nothing is near.
 */
export function nearestName(missing: string, existing: readonly string[]): string | undefined {
  const wanted = baseOf(missing);
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestEdits = allowed + 1;
  for (const name of existing) {
    const candidate = baseOf(name);
    if (Math.abs(candidate.length - wanted.length) >= bestEdits) continue;
    const edits = editDistance(wanted, candidate);
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
    if (edits === 0) break;
  }
  return best;
}

function baseOf(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .slice(0, COMPARED);
}

/** Levenshtein distance, two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const insert = (current[column - 1] ?? 0) + 1;
      const remove = (previous[column] ?? 0) + 1;
      current.push(Math.min(replace, insert, remove));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
