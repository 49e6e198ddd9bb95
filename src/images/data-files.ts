import { constants, open } from 'node:fs/promises';
import type { ListedFile } from './folder-listing.js';
import { imageFileName } from './image-file-name.js';
import { type ImageShape, isSplit, packingOf } from './image-shape.js';
import { type PartcloneHeader, partcloneHeader } from './partclone-header.js';
import { streamStart } from './stream-start.js';

/** One saved file system: a file or, in split formats, its pieces in order. */
export interface DataFile {
  readonly base: string;
  readonly partition: number;
  /** Name of the logical volume, where the partition is a physical volume. */
  readonly volume: string | undefined;
  readonly pieces: readonly ListedFile[];
}

/** Data files by their names; a text instead says which file does not fit ("d1p2.img.003 is missing"). */
export function dataFiles(files: readonly ListedFile[], format: number): DataFile[] | string {
  const found = new Map<string, { partition: number; volume: string | undefined; pieces: ListedFile[] }>();
  for (const file of files) {
    const name = imageFileName(file.name);
    if (name.kind !== 'data') continue;
    const entry = found.get(name.base) ?? { partition: name.partition, volume: name.volume, pieces: [] };
    if (name.piece !== entry.pieces.length) {
      const expected = entry.pieces.length === 0 ? name.base : pieceName(name.base, entry.pieces.length);
      return `${expected} is missing`;
    }
    entry.pieces.push(file);
    found.set(name.base, entry);
  }
  for (const [base, { pieces }] of found) {
    if (pieces.length > 1 && !isSplit(format))
      return `${pieceName(base, 1)} does not belong to format ${format}`;
    const size = pieces[0]?.stats.size ?? 0;
    // split(1) makes all pieces but the last of one size: a shorter one lost its end.
    const bad = pieces.find(({ stats }, index) =>
      index === pieces.length - 1 ? stats.size > size || stats.size === 0 : stats.size !== size,
    );
    if (bad) return bad.stats.size === 0 ? `${bad.name} is empty` : `${bad.name} has ${bad.stats.size} bytes`;
  }
  return [...found].map(([base, entry]) => ({ base, ...entry }));
}

function pieceName(base: string, piece: number): string {
  return `${base}.${String(piece).padStart(3, '0')}`;
}

/** The partclone head of a data file; a text instead completes the sentence "FILE …". */
export async function readHead(data: DataFile, shape: ImageShape): Promise<PartcloneHeader | string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(data.pieces[0]?.path ?? data.base, flags);
  try {
    const start = await streamStart(file, packingOf(shape.format));
    return typeof start === 'string' ? start : partcloneHeader(start);
  } finally {
    await file.close();
  }
}
