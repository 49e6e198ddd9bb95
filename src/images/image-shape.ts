/** What is known of an image before its files are looked at. */
export interface ImageShape {
  /** Folder name under the images folder. */
  readonly path: string;
  /** `n`: one disk, resizable; `mps`: the partitions of one disk as they are; `mpa`: of all disks; `dd`: a whole disk as one stream. */
  readonly type: 'n' | 'mps' | 'mpa' | 'dd';
  /** FOG's number for packing and splitting, see `packingOf`. */
  readonly format: number;
  readonly osId: number;
  /** `all`, `mbr` (tables only) or the number of the one partition. */
  readonly partitionType: string;
}

export type Packing = 'gzip' | 'zstd' | 'raw';

/** How the data files of a format are packed (fos-protocol 5.4); 1 (partimage) is read as 0. */
export function packingOf(format: number): Packing {
  if (format === 5 || format === 6) return 'zstd';
  return format === 3 || format === 4 ? 'raw' : 'gzip';
}

/** True where a format cuts its data files into pieces of 200 MiB. */
export function isSplit(format: number): boolean {
  return format === 2 || format === 4 || format === 6;
}
