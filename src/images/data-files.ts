import { constants, open } from 'node:fs/promises';
import type { ListedFile } from './folder-listing.js';
import { imageFileName } from './image-file-name.js';
import { type ImageShape, isSplit, packingOf } from './image-shape.js';
import { isPartimage, PARTIMAGE, type PartcloneHeader, partcloneHeader } from './partclone-header.js';
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

/** Those of an image of any type. */
export function dataFilesOf(files: readonly ListedFile[], shape: ImageShape): DataFile[] | string {
  if (shape.type === 'dd') return rawDisk(files, shape.path);
  if (shape.type !== 'mpa') return dataFiles(files, shape.format);
  const all: DataFile[] = [];
  for (const disk of disksOf(files)) {
    const data = dataFiles(asFirstDisk(files, disk), shape.format);
    if (typeof data === 'string') return asDisk(data, disk);
    all.push(...data.map((one) => dataOfDisk(one, disk)));
  }
  return all;
}

/** Numbers of the disks that files are there of, in type `mpa`. */
export function disksOf(files: readonly ListedFile[]): number[] {
  const numbers = files.flatMap(({ name }) => /^d(\d{1,3})(?=[.p])/.exec(name)?.[1] ?? []).map(Number);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** The files of one disk, under the names that they would have if it were the only one. */
export function asFirstDisk(files: readonly ListedFile[], disk: number): ListedFile[] {
  const own = new RegExp(`^d${disk}(?=[.p])`);
  return files.flatMap((file) =>
    own.test(file.name) ? [{ ...file, name: file.name.replace(own, 'd1') }] : [],
  );
}

/** A data file that was found while its disk was taken for the first, under its own name again. */
export function dataOfDisk(data: DataFile, disk: number): DataFile {
  const pieces = data.pieces.map((piece) => ({ ...piece, name: asDisk(piece.name, disk) }));
  return { ...data, base: asDisk(data.base, disk), pieces };
}

/** A name or a sentence about a disk that was taken for the first. */
export function asDisk(text: string, disk: number): string {
  return text.replaceAll(/\bd1(?=[.p])/g, `d${disk}`);
}

/** The stream of a whole disk: `PATH.000`, `PATH.001` …, not renamed by FOS (fos-protocol 5.4). */
function rawDisk(files: readonly ListedFile[], path: string): DataFile[] | string {
  const pieces = files.filter(({ name }) => name.startsWith(`${path}.`) && /\.\d{3}$/.test(name));
  const wrong = pieces.findIndex(({ name }, index) => name !== pieceName(path, index));
  if (wrong >= 0 || pieces.length === 0) return `${pieceName(path, Math.max(0, wrong))} is missing`;
  return [{ base: path, partition: 0, volume: undefined, pieces }];
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
    if (typeof start === 'string') return start;
    return shape.format === 1 && isPartimage(start) ? PARTIMAGE : partcloneHeader(start);
  } finally {
    await file.close();
  }
}
