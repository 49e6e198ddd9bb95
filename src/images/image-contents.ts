import { readFile } from 'node:fs/promises';
import { dataFilesOf, readHead } from './data-files.js';
import { irregular, listFolder } from './folder-listing.js';
import type { ImageShape } from './image-shape.js';
import { parseSfdiskDump } from './sfdisk-dump.js';

/** A partition of a captured disk, for people. */
export interface ImagePartition {
  readonly number: number;
  /** Bytes of the partition on the captured disk. */
  readonly bytes: number;
  /** Type as sfdisk words it: a GUID, or two hexadecimal digits. */
  readonly type: string;
  /** As partclone calls it (`EXTFS`, `NTFS`); null where nothing was saved (swap, extended) or it is no partclone image. */
  readonly fileSystem: string | null;
  /** Bytes that its files take on the server. */
  readonly savedBytes: number;
}

const MAX_TABLE_BYTES = 1 << 18;

/** Partitions by the sector table; undefined where there is no folder or no table that can be read. */
export async function partitionsOf(folder: string, shape: ImageShape): Promise<ImagePartition[] | undefined> {
  const files = await listFolder(folder);
  const table = files?.find(({ name }) => name === 'd1.partitions' || name === 'd1.original.partitions');
  if (!files || !table || irregular(table, 'any links') || table.stats.size > MAX_TABLE_BYTES)
    return undefined;
  const dump = parseSfdiskDump(await readFile(table.path, 'utf8'));
  const data = dataFilesOf(files, shape);
  return Promise.all(
    dump.partitions.map(async ({ number, size, type }) => {
      const own = typeof data === 'string' ? [] : data.filter(({ partition }) => partition === number);
      const heads = await Promise.all(own.map((one) => readHead(one, shape)));
      const names = heads.flatMap((head) => (typeof head === 'string' ? [] : [head.fileSystem]));
      return {
        number,
        bytes: size * dump.sectorSize,
        type,
        fileSystem: names.length === 0 ? null : [...new Set(names)].join(', '),
        savedBytes: own.reduce(
          (sum, { pieces }) => sum + pieces.reduce((part, { stats }) => part + stats.size, 0),
          0,
        ),
      };
    }),
  );
}
