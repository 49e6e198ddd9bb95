/** What is on a disk image, and how it differs from another: the judge of a deploy. The machine must be off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Listing } from './file-listing.js';
import {
  extentOf,
  type Partition,
  type PartitionTable,
  readPartitionTable,
  SECTOR,
} from './partition-table.js';
import { complaint, copyOut, type FileSystem, identityOf, list, sizeOf } from './volumes.js';

export interface VolumeContent {
  readonly partition: Partition;
  /** blkid's TYPE, UUID, LABEL. */
  readonly identity: Readonly<Record<string, string>>;
  readonly files: Listing;
  /** What its checker says, undefined when clean. */
  readonly complaint: string | undefined;
  /** Bytes by its own superblock, for the file systems that can be resized. */
  readonly bytes: number | undefined;
}

export interface DiskContent {
  readonly table: PartitionTable;
  readonly volumes: readonly VolumeContent[];
}

const KNOWN: readonly string[] = [
  'vfat',
  'ext4',
  'ntfs',
  'xfs',
  'btrfs',
  'swap',
  'raw',
] satisfies FileSystem[];

/** Reads all of it; a partition whose file system is none of those the lab makes has an empty listing and a complaint. */
export async function readDisk(path: string): Promise<DiskContent> {
  const table = await readPartitionTable(path);
  const volumes: VolumeContent[] = [];
  const folder = mkdtempSync(join(dirname(path), 'read-'));
  try {
    for (const partition of table.partitions) {
      const volume = join(folder, 'volume');
      await copyOut(path, extentOf(partition), volume);
      volumes.push(await readVolume(partition, volume));
      rmSync(volume);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { table, volumes };
}

async function readVolume(partition: Partition, volume: string): Promise<VolumeContent> {
  let identity: Readonly<Record<string, string>> = {};
  try {
    identity = await identityOf(volume);
    const kind = (identity.TYPE ?? 'raw') as FileSystem;
    if (!KNOWN.includes(kind)) throw new Error(`unknown file system ${kind}`);
    const [wrong, bytes, files] = [
      await complaint(kind, volume),
      await sizeOf(kind, volume),
      await list(kind, volume),
    ];
    return { partition, identity, files, complaint: wrong, bytes };
  } catch (error) {
    // A target may hold anything; that it cannot be read is the finding.
    return { partition, identity, files: {}, complaint: `unreadable: ${String(error)}`, bytes: undefined };
  }
}

export interface Tolerance {
  /** Partitions may have another start and size, and file systems fill them (image type `n`). */
  readonly resized?: boolean;
}

/** Each difference in a sentence; empty when `actual` holds what `expected` did, and is clean. */
export function differences(
  expected: DiskContent,
  actual: DiskContent,
  { resized = false }: Tolerance = {},
): string[] {
  const found: string[] = [];
  const compare = (what: string, want: unknown, got: unknown): void => {
    if (JSON.stringify(want) !== JSON.stringify(got)) {
      found.push(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`);
    }
  };
  compare('kind of partition table', expected.table.label, actual.table.label);
  compare('disk id', expected.table.id, actual.table.id);
  compare('number of partitions', expected.volumes.length, actual.volumes.length);
  expected.volumes.forEach((want, index) => {
    const got = actual.volumes[index];
    if (!got) return;
    const name = `partition ${want.partition.number}`;
    compare(`${name}: table entry`, entry(want.partition, resized), entry(got.partition, resized));
    compare(`${name}: file system`, want.identity, got.identity);
    if (got.complaint !== undefined) found.push(`${name}: ${got.complaint}`);
    const room = got.partition.size * SECTOR;
    // NTFS keeps its last sector for itself; resize2fs and ntfsresize round down to clusters.
    if (got.bytes !== undefined && (got.bytes > room || room - got.bytes > 64 * 1024)) {
      found.push(`${name}: its file system has ${got.bytes} bytes in a partition of ${room}`);
    }
    for (const path of new Set([...Object.keys(want.files), ...Object.keys(got.files)])) {
      const [before, after] = [want.files[path] ?? 'nothing', got.files[path] ?? 'nothing'];
      if (before !== after) found.push(`${name}: ${JSON.stringify(path)} is ${after} instead of ${before}`);
    }
  });
  return found;
}

function entry({ start, size, ...rest }: Partition, resized: boolean): object {
  const words = Object.fromEntries(Object.entries(rest).sort());
  return resized ? words : { start, size, ...words };
}
