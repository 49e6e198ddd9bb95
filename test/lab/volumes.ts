/**
 * File systems in plain files: made, filled, checked and listed on the host. A partition is copied out of its disk image first, so no
 * loop device with partitions is needed; mounts live in a mount namespace that ends with the one process in it, so a killed run leaves none.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Listing, listFiles } from './file-listing.js';
import { command, mustRun } from './process.js';
import { inRepository } from './repository.js';

/** `raw`: bytes that no program knows. */
export type FileSystem = 'vfat' | 'ext4' | 'ntfs' | 'xfs' | 'btrfs' | 'swap' | 'raw';

type Mountable = 'ext4' | 'ntfs' | 'xfs' | 'btrfs';

/** Where a partition lies in its disk image; bytes. */
export interface Extent {
  readonly start: number;
  readonly size: number;
}

const LONG = { timeoutMs: 300_000 };
const LISTER = inRepository('dist', 'test', 'lab', 'file-listing.js');

/** Arguments are passed as such; the script only puts them together. NTFS has no loop device: ntfs-3g reads files. */
const MOUNTED = (mount: string): string => `${mount} && { "$@"; code=$?; umount "$mnt" && exit $code; }`;
const MOUNTS: Record<Mountable, string> = {
  ext4: kernelMount('ext4'),
  xfs: kernelMount('xfs'),
  btrfs: kernelMount('btrfs'),
  ntfs: 'mnt=$2; ntfs-3g ${3:+-o $3} "$1" "$2" && shift 3',
};

function kernelMount(kind: Mountable): string {
  return `mnt=$2; mount -t ${kind} -o loop\${3:+,$3} "$1" "$2"; [ $? = 0 ] && shift 3`;
}

/** Runs a command while the volume is mounted on `folder`, which no other process sees. Returns what it printed. */
async function whileMounted(
  kind: Mountable,
  volume: string,
  options: '' | 'ro',
  argv: (folder: string) => readonly string[],
): Promise<string> {
  const folder = mkdtempSync(join(dirname(volume), 'mount-'));
  const script = MOUNTED(MOUNTS[kind]);
  try {
    return await mustRun(
      ['unshare', '--mount', 'sh', '-c', script, 'sh', volume, folder, options, ...argv(folder)],
      LONG,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function copyOut(disk: string, { start, size }: Extent, volume: string): Promise<void> {
  const range = ['iflag=skip_bytes,count_bytes', `skip=${start}`, `count=${size}`];
  await mustRun(['dd', `if=${disk}`, `of=${volume}`, 'bs=1M', 'conv=sparse', 'status=none', ...range], LONG);
  await mustRun(['truncate', '-s', String(size), volume]);
}

/** The place in the image must be blank: holes of the volume are skipped. */
export async function copyIn(volume: string, { start }: Extent, disk: string): Promise<void> {
  const range = ['oflag=seek_bytes', `seek=${start}`, 'conv=notrunc,sparse'];
  await mustRun(['dd', `if=${volume}`, `of=${disk}`, 'bs=1M', 'status=none', ...range], LONG);
}

/** Makes the file system in a file that has its size already. `startSector`: where its partition begins. */
export async function format(
  kind: FileSystem,
  volume: string,
  label: string,
  startSector: number,
): Promise<void> {
  const make: Record<FileSystem, readonly string[]> = {
    vfat: ['mkfs.vfat', '-n', label, '-h', String(startSector), volume],
    ext4: ['mke2fs', '-q', '-F', '-t', 'ext4', '-L', label, volume],
    ntfs: [
      'mkntfs',
      '-q',
      '-F',
      '-Q',
      '-p',
      String(startSector),
      '-H',
      '255',
      '-S',
      '63',
      '-L',
      label,
      volume,
    ],
    xfs: ['mkfs.xfs', '-q', '-f', '-L', label, volume],
    btrfs: ['mkfs.btrfs', '-q', '-f', '-L', label, volume],
    // FOG's images keep the UUID of a swap area and no label.
    swap: ['mkswap', volume],
    // Begins with what no file system begins with.
    raw: [
      'sh',
      '-c',
      'size=$(stat -c %s "$1") && { printf raw; head -c "$((size - 3))" /dev/urandom; } >"$1.new" && mv "$1.new" "$1"',
      'sh',
      volume,
    ],
  };
  await mustRun(make[kind], LONG);
}

/** Copies what is in `from` to the root of the volume, links and holes as they are where the file system has them. */
export async function fill(kind: Mountable | 'vfat', volume: string, from: string): Promise<void> {
  if (kind === 'vfat') {
    // The kernel of a lab machine need not know vfat.
    for (const path of Object.keys(listFiles(from))) {
      const source = join(from, path);
      const isFolder = listFiles(from)[path] === 'folder';
      if (isFolder) await mustRun(['mmd', '-i', volume, `::/${path}`]);
      else await mustRun(['mcopy', '-i', volume, source, `::/${path}`]);
    }
    return;
  }
  await whileMounted(kind, volume, '', (folder) => ['cp', '-a', '--sparse=always', `${from}/.`, folder]);
}

export async function list(kind: FileSystem, volume: string): Promise<Listing> {
  if (kind === 'swap') return {};
  if (kind === 'raw') return { 'all bytes': (await mustRun(['sha256sum', volume], LONG)).slice(0, 64) };
  if (kind !== 'vfat') {
    return JSON.parse(
      await whileMounted(kind, volume, 'ro', (folder) => [process.execPath, LISTER, folder]),
    ) as Listing;
  }
  const folder = mkdtempSync(join(dirname(volume), 'esp-'));
  try {
    mkdirSync(folder, { recursive: true });
    // A volume without files is not an error; mcopy says so in words only.
    const copied = await command(['mcopy', '-s', '-n', '-m', '-i', volume, '::/*', folder], LONG);
    if (copied.code !== 0 && !/No match|not found/i.test(copied.stderr)) {
      throw new Error(`mcopy: ${copied.stderr}`);
    }
    return listFiles(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with the file system by its own checker, or undefined when it is clean. */
export async function complaint(kind: FileSystem, volume: string): Promise<string | undefined> {
  const checks: Record<FileSystem, readonly (readonly string[])[]> = {
    vfat: [['fsck.vfat', '-n', volume]],
    ext4: [['e2fsck', '-f', '-n', volume]],
    ntfs: [
      ['ntfsfix', '-n', volume],
      // Says no to a volume with the dirty flag, unlike ntfsfix.
      ['ntfsresize', '--info', '--no-progress-bar', volume],
    ],
    xfs: [['xfs_repair', '-n', volume]],
    btrfs: [['btrfs', 'check', '--readonly', '--check-data-csum', volume]],
    swap: [],
    raw: [],
  };
  for (const check of checks[kind]) {
    const { code, stdout, stderr } = await command(check, LONG);
    if (code !== 0) return `${check.join(' ')}: exit code ${code}\n${stdout}${stderr}`;
  }
  return undefined;
}

/** Bytes that the file system itself says it has; undefined for what is never resized. */
export async function sizeOf(kind: FileSystem, volume: string): Promise<number | undefined> {
  if (kind === 'ext4') {
    const text = await mustRun(['dumpe2fs', '-h', volume], LONG);
    const value = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
    return value('Block count') * value('Block size');
  }
  if (kind === 'ntfs') {
    const text = await mustRun(['ntfsresize', '--info', '--force', '--no-progress-bar', volume], LONG);
    return Number(/Current volume size:\s+(\d+) bytes/.exec(text)?.[1]);
  }
  return undefined;
}

/** Type, UUID and label by blkid's own probing; the keys are blkid's. */
export async function identityOf(volume: string): Promise<Readonly<Record<string, string>>> {
  const { code, stdout: text, stderr } = await command(['blkid', '-p', '-o', 'export', volume]);
  // 2: nothing that it knows.
  if (code !== 0 && code !== 2) throw new Error(`blkid ${volume}: exit code ${code}: ${stderr}`);
  const pairs = text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
  return Object.fromEntries(pairs.filter(([key]) => ['TYPE', 'UUID', 'LABEL'].includes(key)));
}
