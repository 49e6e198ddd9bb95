import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagingDiskBytes, PAGE_FILE, writeImagingDisk } from '../../lab/imaging-disk.js';
import { command } from '../../lab/process.js';
import { differences, readDisk } from '../../lab/read-back.js';
import { inRepository } from '../../lab/repository.js';
import { ImagingTree } from './tree.js';

/**
 * The imaging environment's own scripts and programs, in the tree that machines boot, on loop devices: what it captures has the files that
 * FOG's images have (spec fos-protocol 5.5), and what it deploys is what was captured.
 */
const tree = new ImagingTree();
const { folder } = tree;
const blank = (name: string, bytes: number) => tree.blank(name, bytes);
beforeAll(() => tree.unpack());
afterAll(() => tree.remove());

interface Order {
  readonly imgType: 'mps' | 'n' | 'dd';
  readonly imgFormat: number;
  readonly imgPartitionType?: string;
}

const run = (
  images: string,
  disk: string,
  { imgType, imgFormat, imgPartitionType = 'all' }: Order,
  job: string,
) => {
  const words = `img=pc imgType=${imgType} imgFormat=${imgFormat} imgPartitionType=${imgPartitionType} osid=50 PIGZ_COMP=-1 pct=5 ignorepg=1`;
  return tree.run(images, disk, `${words}\n${job}`);
};

const CAPTURE = 'captureDisk "$hd" /images/pc';
const DEPLOY = 'deployDisk "$hd" /images/pc';

describe('imaging environment', () => {
  it.each<[string, 'gpt' | 'dos', Order, readonly string[]]>([
    ['mps-gpt-zstd', 'gpt', { imgType: 'mps', imgFormat: 5 }, []],
    ['mps-dos-gzip-split', 'dos', { imgType: 'mps', imgFormat: 2 }, []],
    [
      'n-dos-plain',
      'dos',
      { imgType: 'n', imgFormat: 3 },
      ['d1.fixed_size_partitions', 'd1.minimum.partitions', 'd1.original.fstypes'],
    ],
  ])(
    '%s: FOG’s files, and the same disk again on a larger one',
    async (name, table, order, more) => {
      const images = join(folder, `images-${name}`);
      mkdirSync(join(images, 'pc'), { recursive: true });
      const source = join(folder, `${name}.source`);
      const content = await writeImagingDisk({ path: source, table, nonce: name, megabytes: 6 });

      const captured = await run(images, source, order, CAPTURE);
      expect({ code: captured.code, stderr: captured.code === 0 ? '' : captured.stderr }).toEqual({
        code: 0,
        stderr: '',
      });
      const files = ['d1.mbr', 'd1.original.swapuuids', 'd1.partitions', 'd1p1.img', 'd1p2.img', 'd1p3.img'];
      expect(readdirSync(join(images, 'pc')).sort()).toEqual([...files, ...more].sort());
      expect(differences(content, await readDisk(source))).toEqual([]);

      const target = blank(`${name}.target`, imagingDiskBytes() + 200 * 1_048_576);
      const deployed = await run(images, target, order, DEPLOY);
      expect({ code: deployed.code, stderr: deployed.code === 0 ? '' : deployed.stderr }).toEqual({
        code: 0,
        stderr: '',
      });
      expect(differences(content, await readDisk(target), { resized: order.imgType === 'n' })).toEqual([]);
      rmSync(images, { recursive: true });
    },
    600_000,
  );

  it.each([
    ['in one file', 3, ['pc.000']],
    ['zstd in pieces', 6, ['pc.000']],
  ])(
    'a whole disk, sector by sector, %s: the same disk again on a larger one',
    async (_, imgFormat, files) => {
      const images = join(folder, `images-dd-${imgFormat}`);
      mkdirSync(join(images, 'pc'), { recursive: true });
      const source = join(folder, `dd-${imgFormat}.source`);
      const content = await writeImagingDisk({ path: source, table: 'dos', nonce: 'whole', megabytes: 6 });
      const order = { imgType: 'dd', imgFormat } as const;
      const captured = await run(images, source, order, CAPTURE);
      expect(captured.code, captured.stderr).toBe(0);
      expect(readdirSync(join(images, 'pc'))).toEqual(files);
      const target = blank(`dd-${imgFormat}.target`, imagingDiskBytes() + 100 * 1_048_576);
      const deployed = await run(images, target, order, DEPLOY);
      expect(deployed.code, deployed.stderr).toBe(0);
      expect((await command(['cmp', '-n', String(imagingDiskBytes()), source, target])).code).toBe(0);
      expect(differences(content, await readDisk(target))).toEqual([]);
      const smaller = blank(`dd-${imgFormat}.smaller`, 50 * 1_048_576);
      const refused = await run(images, smaller, order, DEPLOY);
      expect(refused.code).not.toBe(0);
      expect((await command(['cmp', '-n', '4194304', smaller, '/dev/zero'])).code).toBe(0);
      rmSync(images, { recursive: true });
    },
    600_000,
  );

  it('every file system; NTFS shrunk and grown again; the page file of Windows left out', async () => {
    const images = join(folder, 'images-all');
    mkdirSync(join(images, 'pc'), { recursive: true });
    const source = join(folder, 'all.source');
    const content = await writeImagingDisk({
      path: source,
      table: 'gpt',
      nonce: 'all',
      megabytes: 6,
      plan: 'all',
    });
    const order = { imgType: 'n', imgFormat: 0 } as const;
    const captured = await run(images, source, order, CAPTURE);
    expect(captured.code, captured.stderr).toBe(0);
    const after = await readDisk(source);
    expect(differences(content, after)).toEqual([
      expect.stringMatching(new RegExp(`^partition 3: "${PAGE_FILE}" is nothing instead of file`)),
    ]);
    const line = (name: string, number: number): string =>
      readFileSync(join(images, 'pc', name), 'utf8')
        .split('\n')
        .find((text) => text.startsWith(`/dev/`) && text.includes(`p${number} :`)) ?? '';
    const mebibytes = (text: string): number => Number(/size= *(\d+)/.exec(text)?.[1]) / 2048;
    expect(mebibytes(line('d1.partitions', 3))).toBe(1200);
    expect(mebibytes(line('d1.minimum.partitions', 3))).toBeLessThan(700);
    expect(readFileSync(join(images, 'pc', 'd1.fixed_size_partitions'), 'utf8')).toBe('1:4:5:6:7\n');

    const target = blank('all.target', imagingDiskBytes('all') + 400 * 1_048_576);
    const targetRun = await run(images, target, order, DEPLOY);
    expect(targetRun.code, targetRun.stderr).toBe(0);
    const restored = await readDisk(target);
    expect(differences(after, restored, { resized: true })).toEqual([]);
    expect(restored.volumes[2]?.bytes).toBeGreaterThan(content.volumes[2]?.bytes ?? 0);

    // A disk smaller than the one captured: what was shrunk fits.
    const smaller = blank('all.smaller', imagingDiskBytes('all') - 300 * 1_048_576);
    const smallerRun = await run(images, smaller, order, DEPLOY);
    expect(smallerRun.code, smallerRun.stderr).toBe(0);
    expect(differences(after, await readDisk(smaller), { resized: true })).toEqual([]);
    rmSync(images, { recursive: true });
  }, 600_000);

  it('refuses a disk that is too small before anything is written to it', async () => {
    const images = join(folder, 'images-small');
    mkdirSync(join(images, 'pc'), { recursive: true });
    const source = join(folder, 'small.source');
    await writeImagingDisk({ path: source, table: 'gpt', nonce: 'small', megabytes: 3 });
    const order = { imgType: 'mps', imgFormat: 5, imgPartitionType: 'mbr' } as const;
    expect((await run(images, source, order, CAPTURE)).code).toBe(0);
    expect(existsSync(join(images, 'pc', 'd1p1.img'))).toBe(false);
    const target = blank('small.target', 100 * 1_048_576);
    const refused = await run(images, target, order, DEPLOY);
    expect(refused.stderr).toContain('is too small: it has 100 MiB');
    expect((await command(['cmp', '-n', '4194304', target, '/dev/zero'])).code).toBe(0);
  }, 600_000);
});

it('a partition that the kernel does not show is an error: it was left out, and the deploy reported as done', async () => {
  const images = join(folder, 'images-hidden');
  mkdirSync(join(images, 'pc'), { recursive: true });
  const source = join(folder, 'hidden.source');
  await writeImagingDisk({ path: source, table: 'gpt', nonce: 'hidden', megabytes: 3 });
  const order = { imgType: 'mps', imgFormat: 5 } as const;
  expect((await run(images, source, { ...order, imgPartitionType: '1' }, CAPTURE)).code).toBe(0);
  const target = blank('hidden.target', imagingDiskBytes());
  const hide = 'rereadTable() { partx -d "$1"; partx -a --nr 1 "$1"; }; sleep() { :; }';
  const { code, stderr } = await run(images, target, order, `${hide}\n${DEPLOY}`);
  expect({ code, stderr }).toMatchObject({ code: 9, stderr: expect.stringContaining('partition') });
}, 600_000);

describe('progress', () => {
  it.each([
    [
      '\rElapsed: 00:00:02, Remaining: 00:00:06, Completed:  25.00%, Rate: 292.24MB/min,',
      ' 292.24MB@00:00:02@00:00:06@16.00 MiB@64.00 MiB@ 25.00@67108864.000000\n',
    ],
    [
      '\rElapsed: 00:00:01, Remaining: 00:01:39, Completed:   1.00%, ',
      ' 0.00byte@00:00:01@00:01:39@655.4 KiB@64.00 MiB@  1.00@67108864.000000\n',
    ],
    ['File system:  EXTFS\nDevice size:   67.1 MB = 16384 Blocks\nBlock size:   4096 Byte\n', ''],
  ])('%j of partclone is told as FOG tells it (spec 4.5)', async (input, expected) => {
    const script = inRepository('imaging-os', 'root', 'usr', 'share', 'fog', 'lib', 'progress.awk');
    const awk = ['busybox', 'awk', '-v', 'status=/dev/stdout', '-v', 'bytes=67108864', '-f', script];
    const { stdout } = await command(awk, { input: `${input}\n` });
    expect(stdout).toBe(expected);
  });
});
