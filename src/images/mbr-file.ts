import { constants, open, rename, rm } from 'node:fs/promises';
import { irregular, type ListedFile } from './folder-listing.js';

const EFI_PART = Buffer.from('EFI PART', 'latin1');
/** FOS saves at most 2048 sectors of 4096 bytes. */
const MAX_BYTES = 8 << 20;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Why a `d1.mbr` cannot be what a client saved from a disk with a table of kind `label`; completes "d1.mbr …". */
export async function mbrProblem(file: ListedFile, label: string | undefined): Promise<string | undefined> {
  const bad = irregular(file, 'any links');
  if (bad) return bad;
  const { size } = file.stats;
  if (size < 512 || size > MAX_BYTES) return `has ${size} bytes`;
  const start = Buffer.alloc(1024);
  const handle = await open(file.path, READ);
  try {
    await handle.read(start, 0, start.length, 0);
  } finally {
    await handle.close();
  }
  if (start.readUInt16BE(510) !== 0x55aa) return 'is not a boot record';
  // sgdisk's backup: protective record, then the header of the table (fos-protocol 5.5, 11.5).
  if (label === 'gpt' && !start.subarray(512, 520).equals(EFI_PART))
    return 'holds no GPT, as d1.partitions says it must';
  return undefined;
}

/**
 * FOS restores as many sectors of `d1.mbr` as the file occupies on the share, not as it is long: a file with holes loses the end of
 * a boot loader (fos-protocol 11.5). Writes such a file anew, through `scratch` on the same file system. False where the file system
 * makes holes all the same (compression).
 */
export async function fillHoles(path: string, scratch: string): Promise<boolean> {
  const handle = await open(path, READ);
  try {
    if (isDense(await handle.stat())) return true;
    const content = await handle.readFile();
    await rm(scratch, { force: true });
    const copy = await open(scratch, 'wx', 0o644);
    try {
      await copy.writeFile(content);
      await copy.sync();
      const dense = isDense(await copy.stat());
      await rename(scratch, path);
      return dense;
    } finally {
      await copy.close();
    }
  } finally {
    await handle.close();
  }
}

/** `blocks` counts 512 bytes each (stat(2)), whatever the block size of the file system. */
function isDense({ blocks, size }: { readonly blocks: number; readonly size: number }): boolean {
  return blocks * 512 >= size;
}
