import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf } from '#errors.js';
import {
  asDisk,
  asFirstDisk,
  type DataFile,
  dataFiles,
  dataFilesOf,
  dataOfDisk,
  disksOf,
  readHead,
} from './data-files.js';
import { imageErrors } from './errors.js';
import { irregular, type ListedFile, listFolder, MAX_FILES } from './folder-listing.js';
import { imageFileName } from './image-file-name.js';
import type { ImageShape } from './image-shape.js';
import { lvmDataFiles } from './lvm-sidecar.js';
import { mbrProblem } from './mbr-file.js';
import { type Cover, captureGap, deployGap, swapPartitions } from './partition-cover.js';
import { parseSfdiskDump } from './sfdisk-dump.js';

export interface CapturedPartition {
  readonly number: number;
  /** Bytes of the file system on the client, from the heads of the data files; a physical volume: the sum of its volumes. */
  readonly clientBytes: number;
}

export interface CheckedImage {
  readonly files: readonly ListedFile[];
  readonly bytes: number;
  /** Bytes of a sector of the (first) disk. */
  readonly sectorSize: number;
  readonly partitions: readonly CapturedPartition[];
}

/** Tables are a few hundred bytes; a hostile one is not read into memory. */
const MAX_TABLE_BYTES = 1 << 18;

/** Raised by the checks, turned into CAPTURE_DAMAGED or IMAGE_INCOMPLETE by the two doors below. */
class Unfit extends Error {}

/** Checks a capture folder, whose content is hostile. Throws CAPTURE_DAMAGED. */
export async function checkCapture(folder: string, shape: ImageShape): Promise<CheckedImage> {
  return explained(
    (reason) => imageErrors.CAPTURE_DAMAGED({ image: shape.path, reason }),
    async () => {
      const files = await listFolder(folder);
      if (files === undefined || files.length === 0) throw new Unfit('nothing was captured');
      if (files.length > MAX_FILES) throw new Unfit(`it has more than ${MAX_FILES} files`);
      for (const file of files) judgeName(file, shape);
      const { sectorSize, data } = await judge(files, shape, 'capture');
      const partitions = new Map<string, CapturedPartition>();
      for (const file of data) {
        const head = await readHead(file, shape);
        if (typeof head === 'string') throw new Unfit(`${file.base} ${head}`);
        const [key = ''] = file.base.split('.');
        const clientBytes = (partitions.get(key)?.clientBytes ?? 0) + head.deviceBytes;
        partitions.set(key, { number: file.partition, clientBytes });
      }
      return {
        files,
        bytes: files.reduce((sum, { stats }) => sum + stats.size, 0),
        sectorSize,
        partitions: [...partitions.values()],
      };
    },
  );
}

/** Checks that a published folder has what a deploy needs, for a user who reads as `reader`. Throws IMAGE_INCOMPLETE. */
export async function checkDeployable(
  folder: string,
  shape: ImageShape,
  reader: { readonly uid: number; readonly gid: number },
): Promise<void> {
  await explained(
    (reason) => imageErrors.IMAGE_INCOMPLETE({ image: shape.path, reason }),
    async () => {
      const files = await listFolder(folder);
      if (files === undefined) throw new Unfit(`its folder ${basename(folder)} is not there, or is a link`);
      const { data } = await judge(files, shape, 'deploy');
      for (const file of data) {
        const head = await readHead(file, shape);
        if (typeof head === 'string') throw new Unfit(`${file.base} ${head}`);
        const closed = file.pieces.find((piece) => !readableBy(piece, reader));
        if (closed) throw new Unfit(`${closed.name} may not be read by the NFS server's user`);
      }
    },
  );
}

async function explained<T>(raise: (reason: string) => Error, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unfit) throw raise(error.message);
    if (errnoOf(error) === 'EACCES') {
      const { path } = error as NodeJS.ErrnoException;
      throw raise(`${basename(path ?? 'a file')} may not be read by the user that runs fogd`);
    }
    throw error;
  }
}

/** What is there of all disks, or why they do not make an image of that type. */
async function judge(
  files: readonly ListedFile[],
  shape: ImageShape,
  purpose: 'capture' | 'deploy',
): Promise<{ readonly sectorSize: number; readonly data: readonly DataFile[] }> {
  if (shape.type === 'dd') {
    const data = dataFilesOf(files, shape);
    if (typeof data === 'string') throw new Unfit(data);
    return { sectorSize: 512, data };
  }
  const disks = shape.type === 'mpa' ? disksOf(files) : [1];
  if (disks.length === 0) throw new Unfit('there are no files of a disk (d1.partitions …)');
  const all: DataFile[] = [];
  let sectorSize: number | undefined;
  for (const disk of disks) {
    try {
      const own = shape.type === 'mpa' ? asFirstDisk(files, disk) : files;
      const { cover, data } = await coverOf(own, shape, purpose);
      const gap = purpose === 'capture' ? captureGap(cover) : deployGap(cover);
      if (gap) throw new Unfit(gap);
      sectorSize ??= cover.dump.sectorSize;
      all.push(...data.map((one) => dataOfDisk(one, disk)));
    } catch (error) {
      if (error instanceof Unfit && disk !== 1) throw new Unfit(asDisk(error.message, disk));
      throw error;
    }
  }
  return { sectorSize: sectorSize ?? 512, data: all };
}

function judgeName(file: ListedFile, { type }: ImageShape): void {
  const shown = JSON.stringify(file.name.slice(0, 80)).slice(1, -1);
  const name = imageFileName(type === 'mpa' ? file.name.replace(/^d\d{1,3}(?=[.p])/, 'd1') : file.name);
  if (type === 'dd' && name.kind !== 'refused' && !irregular(file, 'one link')) return;
  if (name.kind === 'refused') throw new Unfit(`${shown} ${name.reason}`);
  const bad = irregular(file, 'one link');
  if (bad) throw new Unfit(`${shown} ${bad}`);
  if (name.kind === 'unfinished') throw new Unfit(`${shown} was not finished`);
  if (name.kind === 'mistaken') throw new Unfit(`${shown} would be taken for data of a partition`);
}

async function coverOf(
  files: readonly ListedFile[],
  shape: ImageShape,
  purpose: 'capture' | 'deploy',
): Promise<{ cover: Cover; data: readonly DataFile[] }> {
  const text = await tableText(files, tableNames(shape, purpose));
  if (text === undefined) throw new Unfit('the partition table d1.partitions is missing');
  const dump = parseSfdiskDump(text);
  if (dump.partitions.length === 0) throw new Unfit('the partition table d1.partitions cannot be read');
  // FOS has a boot record of its own for Windows up to 8 (fos-protocol 5.6), used where the image brings none.
  const mbr = files.find(({ name }) => name === 'd1.mbr');
  const mayLackMbr = purpose === 'deploy' && shape.type === 'n' && [1, 2, 5, 6, 7].includes(shape.osId);
  const problem = mbr ? await mbrProblem(mbr, dump.label) : 'is missing';
  if (problem && !(mayLackMbr && mbr === undefined)) throw new Unfit(`d1.mbr ${problem}`);
  const data = dataFiles(files, shape.format);
  if (typeof data === 'string') throw new Unfit(data);
  const lvm = await physicalVolumes(files, data);
  const swap = swapPartitions((await tableText(files, ['d1.original.swapuuids'])) ?? '');
  return { cover: { dump, data, lvm, swap, partitionType: shape.partitionType }, data };
}

function tableNames({ type }: ImageShape, purpose: 'capture' | 'deploy'): string[] {
  if (purpose === 'capture' || type !== 'n') return ['d1.partitions'];
  // The table of the smallest sizes comes last: it is what scales, the original is what tells the partitions.
  return ['d1.partitions', 'd1.original.partitions', 'd1.minimum.partitions'];
}

async function tableText(
  files: readonly ListedFile[],
  names: readonly string[],
): Promise<string | undefined> {
  const file = names.map((wanted) => files.find(({ name }) => name === wanted)).find((found) => found);
  if (file === undefined) return undefined;
  const bad =
    irregular(file, 'any links') ?? (file.stats.size > MAX_TABLE_BYTES ? 'is too large' : undefined);
  if (bad) throw new Unfit(`${file.name} ${bad}`);
  return await readFile(file.path, 'utf8');
}

async function physicalVolumes(
  files: readonly ListedFile[],
  data: readonly DataFile[],
): Promise<Set<number>> {
  const found = new Set<number>();
  for (const { name } of files) {
    const parsed = imageFileName(name);
    if (parsed.kind !== 'lvm') continue;
    const named = lvmDataFiles((await tableText(files, [name])) ?? '');
    if (typeof named === 'string') throw new Unfit(`${name} ${named}`);
    const missing = named.find((file) => !data.some(({ base }) => base === file));
    if (missing !== undefined) throw new Unfit(`${missing.slice(0, 80)}, named in ${name}, is missing`);
    found.add(parsed.partition);
  }
  return found;
}

function readableBy(
  { stats }: ListedFile,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): boolean {
  if (uid === 0) return true;
  const bit = stats.uid === uid ? 0o400 : stats.gid === gid ? 0o040 : 0o004;
  return stats.isFile() && (stats.mode & bit) !== 0;
}
