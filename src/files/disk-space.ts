import { statfs } from 'node:fs/promises';

export interface DiskSpace {
  /** Bytes that a user without special rights may still write. */
  readonly free: number;
  readonly size: number;
  /** Files that can still be made; 0 of 0 where the file system has no such limit. */
  readonly inodesFree: number;
  readonly inodes: number;
}

/** Of the disk that holds a path. Rejects when it cannot be looked at. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  return { free: bavail * bsize, size: blocks * bsize, inodesFree: ffree, inodes: files };
}
