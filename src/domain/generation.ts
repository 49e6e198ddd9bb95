import type { ImageType } from './image.js';

/**
 * One capture of an image. `received`: complete, and waits to be verified before it is published (images.require_verified); `published`: in its place, and not yet read back; `verified`: every byte of it was; `damaged`: it cannot be
 * deployed whole.
 */
export type GenerationState = 'received' | 'published' | 'verified' | 'damaged';

/** `current` is what deploys get; `previous` is what a rollback brings back; `received` is beside the images; the files of the others are gone. */
export type GenerationPlace = 'received' | 'current' | 'previous' | 'gone';

export interface Generation {
  readonly id: number;
  readonly imageId: number;
  /** Counted from 1 for each image. */
  readonly number: number;
  readonly state: GenerationState;
  readonly place: GenerationPlace;
  /** Of its folder. Without the device: that number changes over a restart of the machine (LVM, btrfs). */
  readonly inode: string;
  readonly type: ImageType;
  readonly osId: number;
  readonly format: number;
  /** The host that it was captured from, or where else it came from. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly publishedAt: number;
  /** When it was verified or found damaged. */
  readonly checkedAt: number | null;
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** Why it is damaged. */
  readonly reason: string;
}

/**
 * Which generation stays beside a new one: the one that it replaces, but not while that is unverified (or damaged) and the one before it is
 * known to be good. So there is always a good one, until a newer one is.
 */
export function keepsPrevious(generations: readonly Generation[]): boolean {
  const at = (place: GenerationPlace) => generations.find((one) => one.place === place);
  return at('previous')?.state === 'verified' && at('current')?.state !== 'verified';
}
