/** The judge of the imaging scenarios must see what it is there to see. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeImagingDisk } from '../../lab/imaging-disk.js';
import { extentOf } from '../../lab/partition-table.js';
import { mustRun } from '../../lab/process.js';
import { type DiskContent, differences, readDisk } from '../../lab/read-back.js';

describe.each(['dos', 'gpt'] as const)('a prepared %s disk', (table) => {
  let folder: string;
  let original: string;
  let content: DiskContent;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fogd-read-back-'));
    original = join(folder, 'original');
    content = await writeImagingDisk({ path: original, table, nonce: 'n', megabytes: 3 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the judge says about a copy after the change. */
  async function afterChange(argv: (disk: string) => readonly string[]): Promise<string[]> {
    const copy = join(folder, 'copy');
    copyFileSync(original, copy);
    await mustRun(argv(copy));
    return differences(content, await readDisk(copy));
  }
  const ext4 = (disk: string): string => {
    const partition = content.volumes[1]?.partition;
    if (!partition) throw new Error('the disk has no second partition');
    return `${disk}?offset=${extentOf(partition).start}`;
  };

  it('equals itself, has four clean file systems, and files in three of them', async () => {
    expect(differences(content, await readDisk(original))).toEqual([]);
    expect(content.volumes.map(({ identity }) => identity.TYPE)).toEqual(['vfat', 'ext4', 'ntfs', 'swap']);
    expect(content.volumes.filter(({ files }) => Object.keys(files).length > 2)).toHaveLength(3);
  });

  it('shows a file that is missing', async () => {
    const found = await afterChange((disk) => ['debugfs', '-w', '-R', 'rm empty', ext4(disk)]);
    expect(found.join('\n')).toContain('partition 2: "empty" is nothing instead of file 0');
  });

  it('shows another UUID of a file system', async () => {
    const found = await afterChange((disk) => ['debugfs', '-w', '-R', 'ssv uuid random', ext4(disk)]);
    expect(found.join('\n')).toContain('partition 2: file system');
  });

  it('shows another type in the table', async () => {
    const type = table === 'dos' ? '83' : '0FC63DAF-8483-4772-8E79-3D69D8477DE4';
    const found = await afterChange((disk) => ['sfdisk', '-q', '--part-type', disk, '4', type]);
    expect(found).toEqual([expect.stringContaining('partition 4: table entry')]);
  });

  it('shows a disk that another run prepared', async () => {
    const other = join(folder, 'other');
    const found = differences(
      content,
      await writeImagingDisk({ path: other, table, nonce: 'n', megabytes: 3 }),
    );
    expect(found.join('\n')).toMatch(/disk id[\s\S]*data0\.bin/);
  });
});
