import type { DataFile } from './data-files.js';
import { isExtended, isSwap, type SfdiskDump } from './sfdisk-dump.js';

export interface Cover {
  readonly dump: SfdiskDump;
  readonly data: readonly DataFile[];
  /** Partitions with a `d1pN.lvm`. */
  readonly lvm: ReadonlySet<number>;
  /** Partitions that `d1.original.swapuuids` names. */
  readonly swap: ReadonlySet<number>;
  /** `all`, `mbr` or a number. */
  readonly partitionType: string;
}

/** Why the data files do not fit the table of a capture; undefined where they do. */
export function captureGap(cover: Cover): string | undefined {
  const wanted = cover.dump.partitions.filter(({ number }) => isWanted(number, cover.partitionType));
  if (wanted.length === 0 && cover.partitionType !== 'mbr')
    return cover.partitionType === 'all'
      ? 'd1.partitions names no partition'
      : `there is no partition ${cover.partitionType}`;
  // FOS saves everything but swap areas and extended containers, the unknown as raw: anything else that is missing did not arrive.
  const missing = wanted.find(
    (entry) =>
      !hasData(cover, entry.number) && !isExtended(entry) && !isSwap(entry) && !cover.swap.has(entry.number),
  );
  if (missing) return `partition ${missing.number} has no data (d1p${missing.number}.img)`;
  const stray = cover.data.find(
    ({ partition }) => !cover.dump.partitions.some(({ number }) => number === partition),
  );
  if (stray) return `${stray.base} belongs to no partition of d1.partitions`;
  return deployGap(cover);
}

/** Why a deploy would fail for want of data (fos-protocol 5.6: one missing file is only a message to FOS, none at all is fatal). */
export function deployGap(cover: Cover): string | undefined {
  if (cover.partitionType === 'mbr') return undefined;
  const present = cover.dump.partitions.some(
    ({ number }) => isWanted(number, cover.partitionType) && hasData(cover, number),
  );
  if (present) return undefined;
  return cover.partitionType === 'all'
    ? 'no partition has data (d1p1.img …)'
    : `partition ${cover.partitionType} has no data (d1p${cover.partitionType}.img)`;
}

function isWanted(number: number, partitionType: string): boolean {
  return partitionType === 'all' || partitionType === String(number);
}

function hasData({ data, lvm }: Cover, number: number): boolean {
  return (
    lvm.has(number) || data.some(({ partition, volume }) => partition === number && volume === undefined)
  );
}

/** Partition numbers in the lines `N UUID` of `d1.original.swapuuids`. */
export function swapPartitions(text: string): Set<number> {
  return new Set([...text.matchAll(/^\s*(\d{1,3})\s/gm)].map((match) => Number(match[1])));
}
