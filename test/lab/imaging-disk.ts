/**
 * A disk worth capturing: ESP, ext4, NTFS and swap with contents that no other run has, which also boots by itself (BIOS: boot sector
 * code; UEFI: a loader on the ESP) and prints `DISK BOOTED <nonce>`.
 */
import { randomBytes, randomInt } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bootCode, bootLoader } from './boot-disk.js';
import { extentOf, type Partition, readPartitionTable, SECTOR } from './partition-table.js';
import { mustRun } from './process.js';
import { type DiskContent, readDisk } from './read-back.js';
import { copyIn, type FileSystem, fill, format } from './volumes.js';

export interface ImagingDiskOptions {
  readonly path: string;
  readonly table: 'gpt' | 'dos';
  readonly nonce: string;
  /** Random megabytes in the ext4 file system; a third of that in the NTFS. Default 18. */
  readonly megabytes?: number;
  /** `all`: every file system that images know, and an NTFS large enough to be shrunk, with a page file. Default `small`. */
  readonly plan?: 'small' | 'all';
}

const MIB = 1024 * 1024;

/** On the NTFS of the plan `all`; a capture leaves it out (ignorepg=1). */
export const PAGE_FILE = 'pagefile.sys';

interface PlannedVolume {
  readonly kind: FileSystem;
  readonly mebibytes: number;
  readonly gpt: string;
  readonly dos: string;
  readonly label: string;
}

const LINUX = { gpt: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', dos: '83' };

/** In the order of the disk. Types as sfdisk's shortcuts and GUIDs. */
const SMALL: readonly PlannedVolume[] = [
  { kind: 'vfat', mebibytes: 34, gpt: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', dos: 'ef', label: 'LABESP' },
  { kind: 'ext4', mebibytes: 160, ...LINUX, label: 'lab-root' },
  { kind: 'ntfs', mebibytes: 96, gpt: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7', dos: '7', label: 'Lab Daten' },
  { kind: 'swap', mebibytes: 16, gpt: '0657FD6D-A4AB-43C4-84E5-0933C8463B90', dos: '82', label: '' },
];

/** A shrunk NTFS keeps 500 MiB of room (spec fos-protocol 2.2, pct); mkfs.xfs makes nothing below 300 MiB. */
const ALL: readonly PlannedVolume[] = [
  ...SMALL.map((volume) => (volume.kind === 'ntfs' ? { ...volume, mebibytes: 1200 } : volume)),
  { kind: 'xfs', mebibytes: 304, ...LINUX, label: 'lab-xfs' },
  { kind: 'btrfs', mebibytes: 128, ...LINUX, label: 'lab-btrfs' },
  { kind: 'raw', mebibytes: 5, ...LINUX, label: 'lab-raw' },
];

const PLANS = { small: SMALL, all: ALL } as const;

/** Size of the disk in bytes: a little room at both ends for the tables. */
export function imagingDiskBytes(plan: keyof typeof PLANS = 'small'): number {
  return (PLANS[plan].reduce((sum, { mebibytes }) => sum + mebibytes, 0) + 2) * MIB;
}

/** Writes the image and returns what is on it, read back from the finished file. About 2 s. */
export async function writeImagingDisk(options: ImagingDiskOptions): Promise<DiskContent> {
  const { path, table, plan: planName = 'small' } = options;
  writeFileSync(path, '');
  truncateSync(path, imagingDiskBytes(planName));
  await mustRun(['sfdisk', '-q', path], { input: script(table, PLANS[planName]) });
  const { partitions } = await readPartitionTable(path);
  const folder = mkdtempSync(join(dirname(path), 'prepare-'));
  try {
    for (const [index, plan] of PLANS[planName].entries()) {
      const partition = partitions[index] as Partition;
      const volume = join(folder, 'volume');
      const files = join(folder, `files${index}`);
      writeFileSync(volume, '');
      truncateSync(volume, partition.size * SECTOR);
      await format(plan.kind, volume, plan.label, partition.start);
      if (plan.kind !== 'swap' && plan.kind !== 'raw') {
        mkdirSync(files);
        CONTENTS[plan.kind](files, options);
        await fill(plan.kind, volume, files);
      }
      await copyIn(volume, extentOf(partition), path);
      rmSync(volume);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const disk = openSync(path, 'r+');
  // Up to the disk signature; table and magic behind it are sfdisk's.
  writeSync(disk, bootCode(options.nonce), 0, 440, 0);
  closeSync(disk);
  return await readDisk(path);
}

function script(table: 'gpt' | 'dos', plan: readonly PlannedVolume[]): string {
  const lines = plan.map(({ mebibytes, label, kind, ...type }) => {
    const name = table === 'gpt' ? `, name="${label || kind}"` : '';
    const boot = table === 'dos' && kind === 'vfat' ? ', bootable' : '';
    return `size=${mebibytes}MiB, type=${type[table]}${name}${boot}`;
  });
  return [`label: ${table}`, ...lines, ''].join('\n');
}

const some = (bytes: number): Buffer => randomBytes(bytes + randomInt(4096));

const few = (folder: string): void => {
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'folder', 'data'), some(2 * MIB));
  symlinkSync('folder/data', join(folder, 'link'));
};

/** What each file system gets; FAT and NTFS tools would copy links as files. */
const CONTENTS = {
  xfs: few,
  btrfs: few,
  vfat: (folder: string, { nonce }: ImagingDiskOptions): void => {
    mkdirSync(join(folder, 'EFI', 'BOOT'), { recursive: true });
    writeFileSync(join(folder, 'EFI', 'BOOT', 'BOOTX64.EFI'), bootLoader(nonce));
    writeFileSync(join(folder, 'long name of 2.cfg'), some(5000));
  },
  ext4: (folder: string, { megabytes = 18 }: ImagingDiskOptions): void => {
    const home = join(folder, 'home', 'größe & "x" \\ *');
    mkdirSync(home, { recursive: true });
    for (let index = 0; index < 3; index++) {
      writeFileSync(join(folder, `data${index}.bin`), some((megabytes * MIB) / 3));
    }
    writeFileSync(join(home, ' leading blank'), some(100));
    writeFileSync(join(home, 'new\nline'), some(10));
    writeFileSync(join(folder, 'empty'), '');
    linkSync(join(folder, 'data0.bin'), join(home, 'hard link'));
    symlinkSync('../nowhere', join(home, 'symbolic link'));
    writeFileSync(join(folder, 'sparse'), some(100));
    truncateSync(join(folder, 'sparse'), 20 * MIB);
    for (let index = 0; index < 200; index++) {
      writeFileSync(join(folder, 'home', `small-${index}`), randomBytes(randomInt(2000)));
    }
  },
  ntfs: (folder: string, { megabytes = 18, plan }: ImagingDiskOptions): void => {
    if (plan === 'all') writeFileSync(join(folder, PAGE_FILE), some(3 * MIB));
    mkdirSync(join(folder, 'Users', 'Jürgen +1'), { recursive: true });
    writeFileSync(join(folder, 'Users', 'Jürgen +1', 'Übung.docx'), some((megabytes * MIB) / 3));
    writeFileSync(join(folder, 'resident.txt'), randomBytes(30));
    writeFileSync(join(folder, 'empty.txt'), '');
  },
} as const;
