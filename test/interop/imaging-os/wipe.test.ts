import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeImagingDisk } from '../../lab/imaging-disk.js';
import { readPartitionTable } from '../../lab/partition-table.js';
import { command } from '../../lab/process.js';
import { ImagingTree } from './tree.js';

/** What a wipe leaves on a disk with a GPT, an ESP, ext4, NTFS and swap. */
const tree = new ImagingTree();
beforeAll(() => tree.unpack());
afterAll(() => tree.remove());

const disk = async (name: string): Promise<string> => {
  const path = join(tree.folder, name);
  await writeImagingDisk({ path, table: 'gpt', nonce: name, megabytes: 3 });
  return path;
};
const wipe = (path: string, mode: string) =>
  tree.run(tree.folder, path, `isWipeMode ${mode} || fatal "no mode"\nwipeDisk "$hd" ${mode}`);

/** Bytes at a place of a disk image. */
function bytesAt(path: string, start: number, length: number): Buffer {
  const file = openSync(path, 'r');
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, start);
  closeSync(file);
  return bytes;
}

async function hash(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

describe('a wipe', () => {
  it('fast: both tables and all file systems are gone', async () => {
    const path = await disk('fast');
    const { partitions } = await readPartitionTable(path);
    expect(partitions).toHaveLength(4);
    const { code, stderr } = await wipe(path, 'fast');
    expect(code, stderr).toBe(0);
    expect((await command(['sfdisk', '-J', path])).code).not.toBe(0);
    expect((await command(['blkid', '-p', path])).code).toBe(2);
    const size = statSync(path).size;
    for (const start of [0, size - 1_048_576, ...partitions.map((one) => one.start * 512)])
      expect(bytesAt(path, start, 1_048_576).equals(Buffer.alloc(1_048_576)), `at ${start}`).toBe(true);
  }, 600_000);

  it.each(['normal', 'full'])(
    '%s: nothing but zeros is left',
    async (mode) => {
      const path = await disk(mode);
      const { code, stdout } = await wipe(path, mode);
      expect(code).toBe(0);
      expect(stdout).toContain('100 %');
      expect((await command(['cmp', '-n', String(statSync(path).size), path, '/dev/zero'])).code).toBe(0);
    },
    600_000,
  );

  it('of a mode that is none writes nothing', async () => {
    const path = await disk('none');
    const before = await hash(path);
    expect((await wipe(path, 'fats')).code).toBe(9);
    expect((await wipe(path, '""')).code).toBe(9);
    expect(await hash(path)).toBe(before);
  }, 600_000);
});

describe('the disk of a task', () => {
  it.each([
    ['fdrive="$hd"', 0, '/dev/loop'],
    // Loop devices are no hardware: whoever names a disk that is not there gets none.
    ['fdrive=S3Z1NB0K123456', 9, 'None of these disks is in this machine: S3Z1NB0K123456'],
  ])('%s', async (words, code, text) => {
    const path = tree.blank('choose', 1_048_576);
    const result = await tree.run(tree.folder, path, `${words}\nchooseDisk\necho "$hd"`);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout + result.stderr).toContain(text);
  });
});
