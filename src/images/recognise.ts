import { constants, open } from 'node:fs/promises';
import { dataFilesOf, readHead } from './data-files.js';
import { irregular, type ListedFile, listFolder } from './folder-listing.js';
import type { ImageShape, Packing } from './image-shape.js';
import { PARTIMAGE } from './partclone-header.js';
import { packingByMagic } from './stream-start.js';

/** What a folder of FOG's says of itself. */
export interface Recognised {
  readonly type: ImageShape['type'];
  readonly format: number;
  /** A guess from the file systems: no file says which system it is. */
  readonly osId: number;
  /** Partclone's names of the file systems, each once. */
  readonly fileSystems: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** Bytes of the file systems on the client. */
  readonly clientBytes: number;
}

const WINDOWS_10 = 9;
const LINUX = 50;
const OTHER = 99;

/** Reads what kind of image a folder holds (fos-protocol 5.4, 5.5); a text instead says why it is none that can be deployed. */
export async function recognise(folder: string, path: string): Promise<Recognised | string> {
  const files = await listFolder(folder);
  if (files === undefined) return 'it is no folder, or a link';
  const regular = files.filter(
    (file) => irregular(file, 'any links') === undefined && !file.name.startsWith('.'),
  );
  if (regular.length === 0) return 'it is empty';
  if (regular.some(({ name }) => /^(?:sys|rec)\.img\.\d{3}$/.test(name)))
    return 'it has the layout of FOG before 1.0 (sys.img.000): deploy it once more from there and capture it here';
  const type = typeOf(regular, path);
  if (type === undefined)
    return 'it has neither a partition table (d1.partitions) nor the stream of a whole disk';
  const format = await formatOf(regular, type, path);
  if (typeof format === 'string') return format;
  const shape: ImageShape = { path, type, format, osId: OTHER, partitionType: 'all' };
  const data = dataFilesOf(regular, shape);
  if (typeof data === 'string') return data;
  const heads = await Promise.all(data.map((one) => readHead(one, shape)));
  const wrong = heads.findIndex((head) => typeof head === 'string');
  if (wrong >= 0) return `${data[wrong]?.base} ${String(heads[wrong])}`;
  const known = heads.flatMap((head) => (typeof head === 'string' ? [] : [head]));
  const fileSystems = [...new Set(known.map(({ fileSystem }) => fileSystem))];
  return {
    type,
    format,
    osId: guess(fileSystems),
    fileSystems,
    files: regular.length,
    bytes: regular.reduce((sum, { stats }) => sum + stats.size, 0),
    clientBytes: known.reduce((sum, { deviceBytes }) => sum + deviceBytes, 0),
  };
}

function typeOf(files: readonly ListedFile[], path: string): ImageShape['type'] | undefined {
  const has = (pattern: RegExp) => files.some(({ name }) => pattern.test(name));
  if (has(/^d\d+\.size$/) || has(/^d(?:[2-9]|\d\d)\.partitions$/)) return 'mpa';
  if (has(/^d1\.(?:minimum\.partitions|fixed_size_partitions|original\.fstypes)$/)) return 'n';
  if (has(/^d1\.(?:original\.)?partitions$/)) return 'mps';
  return files.some(({ name }) => name === `${path}.000`) ? 'dd' : undefined;
}

/** Numbers of `imgFormat`: in one file, in pieces. */
const FORMATS: Readonly<Record<Packing, readonly [whole: number, split: number]>> = {
  gzip: [0, 2],
  raw: [3, 4],
  zstd: [5, 6],
};

async function formatOf(
  files: readonly ListedFile[],
  type: ImageShape['type'],
  path: string,
): Promise<number | string> {
  const isData = (name: string) =>
    type === 'dd' ? name.startsWith(`${path}.0`) : /^d\d+p\d+(\.[^.]+)?\.img$/.test(name);
  const first = files.find(({ name }) => isData(name));
  if (!first) return 'it has no data of a partition (d1p1.img …)';
  const packing = await packingOfFile(first.path);
  if (packing === undefined) return `${first.name} begins as no data file does`;
  const isSplit = files.some(({ name }) =>
    type === 'dd' ? name === `${path}.001` : /^d\d+p\d+(\.[^.]+)?\.img\.\d{3}$/.test(name),
  );
  const format = FORMATS[packing][isSplit ? 1 : 0];
  if (format !== 0) return format;
  const shape: ImageShape = { path, type, format: 1, osId: OTHER, partitionType: 'all' };
  const stream = { base: first.name, partition: 1, volume: undefined, pieces: [first] };
  return (await readHead(stream, shape)) === PARTIMAGE ? 1 : 0;
}

async function packingOfFile(path: string): Promise<Packing | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return packingByMagic(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function guess(fileSystems: readonly string[]): number {
  if (fileSystems.includes('NTFS')) return WINDOWS_10;
  return fileSystems.some((name) => /^(?:EXTFS|XFS|BTRFS|F2FS)$/.test(name)) ? LINUX : OTHER;
}
