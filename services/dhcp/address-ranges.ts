/** Addresses as numbers, both ends included. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** `ranges` without `holes`: in order and disjoint. */
export function without(ranges: readonly AddressRange[], holes: readonly AddressRange[]): AddressRange[] {
  const byFirst = (a: AddressRange, b: AddressRange) => a.first - b.first;
  const sortedHoles = [...holes].sort(byFirst);
  const left: AddressRange[] = [];
  for (const range of [...ranges].sort(byFirst)) {
    let first = Math.max(range.first, (left.at(-1)?.last ?? -1) + 1);
    for (const hole of sortedHoles) {
      if (hole.last < first || hole.first > range.last) continue;
      if (hole.first > first) left.push({ first, last: hole.first - 1 });
      first = hole.last + 1;
    }
    if (first <= range.last) left.push({ first, last: range.last });
  }
  return left;
}

/** `ranges` must be in order and disjoint. */
export function isInRanges(ranges: readonly AddressRange[], address: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined || address < range.first) high = middle - 1;
    else if (address > range.last) low = middle + 1;
    else return true;
  }
  return false;
}

export function sizeOf(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
