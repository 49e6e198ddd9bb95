import { isUsableName } from './usable-name.js';

/** FOG's image (data-model 2.3): what is captured from a disk and deployed to others. */

export type ImageType = 'n' | 'mps' | 'mpa' | 'dd';

export const IMAGE_TYPE_NAMES: Readonly<Record<ImageType, string>> = {
  n: 'Single Disk - Resizable',
  mps: 'Multiple Partition Image - Single Disk (Not Resizable)',
  mpa: 'Multiple Partition Image - All Disks (Not Resizable)',
  dd: 'Raw Image (Sector By Sector, DD, Slow)',
};

/** `imgFormat` (spec fos-protocol 5.4); 1 (Partimage) is only read. */
export const IMAGE_FORMATS: Readonly<Record<number, string>> = {
  0: 'Partclone, gzip',
  2: 'Partclone, gzip, split',
  3: 'Partclone, uncompressed',
  4: 'Partclone, uncompressed, split',
  5: 'Partclone, zstd',
  6: 'Partclone, zstd, split',
};
export const DEFAULT_FORMAT = 5;

/** Operating systems for which FOS resizes (spec 5.5); any other ends a capture of type `n` with an error. */
export const RESIZABLE_OS: readonly number[] = [1, 2, 4, 5, 6, 7, 9, 10, 11, 50, 51];
export const OS_NAMES: Readonly<Record<number, string>> = {
  1: 'Windows 2000/XP',
  2: 'Windows Vista',
  3: 'Windows 98',
  4: 'Windows Other',
  5: 'Windows 7',
  6: 'Windows 8',
  7: 'Windows 8.1',
  8: 'Apple Mac OS',
  9: 'Windows 10',
  10: 'Windows 11',
  11: 'Windows Server',
  50: 'Linux',
  51: 'Chromium OS',
  99: 'Other',
};
export const DEFAULT_OS = 50;

/** gzip knows 0 to 9, zstd 1 to 22; the setting `images.compression` where an image has none of its own. */
export function compressionOf(format: number, wanted: number): number {
  const isZstd = format >= 5;
  return Math.min(Math.max(wanted, isZstd ? 1 : 0), isZstd ? 22 : 9);
}

export interface Image {
  readonly id: number;
  readonly name: string;
  /** Folder below the images' root; one component of a harmless alphabet, since FOS evaluates it in a root shell (spec 8.3). */
  readonly path: string;
  readonly type: ImageType;
  readonly osId: number;
  readonly format: number;
  /** Null: the setting `images.compression`. */
  readonly compress: number | null;
  /** `all`, `mbr` or a partition number (spec 7.2). */
  readonly partitionType: string;
  readonly enabled: boolean;
  /** May be neither captured over nor deleted. */
  readonly protected: boolean;
  /** How often it was captured; 0: it has no files yet. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly capturedAt: number | null;
  /** Sum of the captured file systems' sizes, in bytes. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly createdAt: number;
  readonly createdBy: string;
}

const NAME = /^[^\p{C}\\/|<>"'`$*?[\]{}]{1,40}$/u;
const PATH = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
/** Folders of FOG's own beside the images (spec 5.2). */
const RESERVED = new Set(['dev', 'postdownloadscripts', 'postinitscripts']);

export function isImageName(text: string): boolean {
  return NAME.test(text) && text.trim() === text && isUsableName(text);
}

export function isImagePath(text: string): boolean {
  return PATH.test(text) && !RESERVED.has(text.toLowerCase());
}

/** A path for an image of this name: `Windows 10 (2H)` becomes `Windows_10_2H`; undefined when nothing usable is left. */
export function pathFromName(name: string): string | undefined {
  const path = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replaceAll(/^[._-]+|_+$/g, '')
    .slice(0, 64);
  return isImagePath(path) ? path : undefined;
}
