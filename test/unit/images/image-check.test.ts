import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FogdError } from '#errors.js';
import type { ImageShape } from '#images/image-store.js';
import {
  capture,
  captureFiles,
  MAC,
  mbr,
  pack,
  partclone,
  type Scene,
  SHAPE,
  scene,
  temporaryFolders,
  write,
} from './fixture.js';

temporaryFolders();

let made: Scene;
let folder: string;
let session = 0;

beforeEach(async () => {
  made ??= await scene();
  folder = await capture(made, ++session, captureFiles('one'));
});

async function reason(shape: ImageShape = SHAPE): Promise<string> {
  try {
    await made.store.captured(session, MAC, shape);
    return 'none';
  } catch (error) {
    if (!(error instanceof FogdError) || error.code !== 'CAPTURE_DAMAGED') throw error;
    return String(error.facts.reason);
  }
}

describe('a capture', () => {
  it('is taken when complete, with the sizes on the client', async () => {
    const captured = await made.store.captured(session, MAC, SHAPE);
    expect(captured).toMatchObject({
      files: 5,
      sectorSize: 512,
      partitions: [
        { number: 1, clientBytes: 104_857_600 },
        { number: 2, clientBytes: 524_288_000 },
      ],
    });
    expect(captured.inode).toMatch(/^\d+$/);
    expect(captured.bytes).toBeGreaterThan(4096);
  });

  it.each([
    ['gzip', 0],
    ['raw', 3],
  ] as const)('is taken in %s', async (packing, format) => {
    write(folder, captureFiles('one', packing));
    expect(await reason({ ...SHAPE, format })).toBe('none');
  });

  const file = (name: string) => join(folder, name);
  const cases: [string, () => void, string][] = [
    [
      'a file that was not finished',
      () => writeFileSync(file('d1p2.img.000'), 'x'),
      'd1p2.img.000 was not finished',
    ],
    ['no boot record', () => rmSync(file('d1.mbr')), 'd1.mbr is missing'],
    [
      'a boot record of another table',
      () => writeFileSync(file('d1.mbr'), mbr('dos')),
      'd1.mbr holds no GPT, as d1.partitions says it must',
    ],
    [
      'a boot record of nothing',
      () => writeFileSync(file('d1.mbr'), Buffer.alloc(512)),
      'd1.mbr is not a boot record',
    ],
    ['no table', () => rmSync(file('d1.partitions')), 'the partition table d1.partitions is missing'],
    [
      'an empty table',
      () => truncateSync(file('d1.partitions')),
      'the partition table d1.partitions cannot be read',
    ],
    ['a partition without data', () => rmSync(file('d1p2.img')), 'partition 2 has no data (d1p2.img)'],
    [
      'data of no partition',
      () => writeFileSync(file('d1p9.img'), pack(partclone('raw', 512), 'zstd')),
      'd1p9.img belongs to no partition of d1.partitions',
    ],
    ['empty data', () => truncateSync(file('d1p2.img')), 'd1p2.img is empty'],
    [
      'another packing',
      () => writeFileSync(file('d1p2.img'), pack(partclone('raw', 512), 'gzip')),
      'd1p2.img is gzip where the image format says zstd',
    ],
    [
      'a stream that is no file system',
      () => writeFileSync(file('d1p2.img'), pack(Buffer.alloc(500), 'zstd')),
      'd1p2.img is not a partclone image',
    ],
    [
      'a piece in a format without pieces',
      () => writeFileSync(file('d1p2.img.001'), 'x'),
      'd1p2.img.001 does not belong to format 5',
    ],
    [
      'a file that FOS would take for data',
      () => writeFileSync(file('d1p2.img.bak'), 'x'),
      'd1p2.img.bak would be taken for data of a partition',
    ],
    ['a link', () => symlinkSync('/etc/passwd', file('d1.has_grub')), 'd1.has_grub is a symbolic link'],
    ['a link as table', () => replaceByLink('d1.partitions'), 'd1.partitions is a symbolic link'],
    ['a folder', () => mkdirSync(file('d1')), 'd1 is a folder'],
    ['a pipe', () => execFileSync('mkfifo', [file('pipe')]), 'pipe is not a regular file'],
    [
      'a second name',
      () => linkSync(file('d1p1.img'), join(made.root, `second-${session}`)),
      'd1p1.img has a second name elsewhere',
    ],
    ['a hidden file', () => writeFileSync(file('.nfs0001'), 'x'), '.nfs0001 is a hidden file'],
    ['a strange name', () => writeFileSync(file('d1 \n$(x)'), 'x'), 'd1 \\n$(x) has a strange name'],
    [
      'a volume that is missing',
      () =>
        writeFileSync(
          file('d1p3.lvm'),
          'LVMFORMAT 2\nPV u /dev/sda3 1 1\nVG vg u 8192\nLV root u 1 1 ext4 d1p3.root.img -\n',
        ),
      'd1p3.root.img, named in d1p3.lvm, is missing',
    ],
    [
      'a sidecar of the future',
      () => writeFileSync(file('d1p3.lvm'), 'LVMFORMAT 3\n'),
      'd1p3.lvm is of an unknown format',
    ],
  ];
  function replaceByLink(name: string): void {
    rmSync(file(name));
    symlinkSync('/etc/fstab', file(name));
  }
  it.each(cases)('is refused for %s', async (_, change, expected) => {
    change();
    expect(await reason()).toBe(expected);
  });

  it('is refused when the folder is a link', async () => {
    rmSync(folder, { recursive: true });
    symlinkSync('/etc', folder);
    expect(await reason()).toBe('nothing was captured');
  });

  it('is refused when empty', async () => {
    rmSync(folder, { recursive: true });
    expect(await reason()).toBe('nothing was captured');
  });

  it('needs no data of a swap partition that lost its UUID', async () => {
    rmSync(file('d1.original.swapuuids'));
    expect(await reason()).toBe('none');
  });

  it('is refused with more names than any image has', async () => {
    for (let index = 0; index <= 10_000; index++) writeFileSync(file(`x${index}`), '');
    expect(await reason()).toBe('it has more than 10000 files');
  });

  it('counts the volumes of a physical volume together', async () => {
    write(folder, {
      'd1p3.lvm':
        'LVMFORMAT 2\nLV root u 1 1 ext4 d1p3.root.img -\nLV swap u 1 1 swap - 1234\nLV home u 1 1 xfs d1p3.home.img -\n',
      'd1p3.root.img': pack(partclone('EXTFS', 1024), 'zstd'),
      'd1p3.home.img': pack(partclone('XFS', 2048), 'zstd'),
    });
    const { partitions } = await made.store.captured(session, MAC, SHAPE);
    expect(partitions.find(({ number }) => number === 3)?.clientBytes).toBe(3072);
  });

  describe('of all disks (mpa)', () => {
    const shape: ImageShape = { ...SHAPE, type: 'mpa' };
    const second = (): Record<string, Buffer | string> =>
      Object.fromEntries(
        Object.entries(captureFiles('one')).map(([name, content]) => [name.replace(/^d1/, 'd2'), content]),
      );

    it('is taken when each disk is complete', async () => {
      write(folder, { ...second(), 'd1.size': '1:500107862016\n', 'd2.size': '2:500107862016\n' });
      const { partitions, files } = await made.store.captured(session, MAC, shape);
      expect([files, partitions.length]).toEqual([12, 4]);
    });

    it.each<[string, () => void, string]>([
      ['without data', () => rmSync(join(folder, 'd2p2.img')), 'partition 2 has no data (d2p2.img)'],
      [
        'without its table',
        () => rmSync(join(folder, 'd2.partitions')),
        'the partition table d2.partitions is missing',
      ],
      [
        'that was not finished',
        () => write(folder, { 'd2p2.img.000': 'x' }),
        'd2p2.img.000 was not finished',
      ],
      [
        'with a foreign stream',
        () => write(folder, { 'd2p2.img': 'x'.repeat(200) }),
        'd2p2.img is something else where the image format says zstd',
      ],
    ])('names the disk %s', async (_, spoil, told) => {
      write(folder, second());
      spoil();
      expect(await reason(shape)).toBe(told);
    });

    it('of a machine without any disk is refused', async () => {
      for (const name of Object.keys(captureFiles('one'))) rmSync(join(folder, name));
      write(folder, { notes: 'x' });
      expect(await reason(shape)).toBe('there are no files of a disk (d1.partitions …)');
    });
  });

  describe('of a disk as one stream (dd)', () => {
    const shape: ImageShape = { ...SHAPE, type: 'dd', format: 3 };
    beforeEach(() => {
      for (const name of Object.keys(captureFiles('one'))) rmSync(join(folder, name));
      write(folder, { 'win11.000': partclone('raw', 1_048_576), 'win11.001': 'more' });
    });

    it('is taken, with the size of the disk', async () => {
      const { partitions } = await made.store.captured(session, MAC, shape);
      expect(partitions).toEqual([{ number: 0, clientBytes: 1_048_576 }]);
    });

    it.each<[string, () => void, string]>([
      ['without its first piece', () => rmSync(join(folder, 'win11.000')), 'win11.000 is missing'],
      ['with a gap', () => write(folder, { 'win11.003': 'x' }), 'win11.002 is missing'],
      [
        'under another name',
        () => {
          for (const name of ['win11.000', 'win11.001']) rmSync(join(folder, name));
          write(folder, { 'other.000': 'x' });
        },
        'win11.000 is missing',
      ],
      [
        'with a link',
        () => symlinkSync('/etc/passwd', join(folder, 'win11.002')),
        'win11.002 is a symbolic link',
      ],
    ])('is refused %s', async (_, spoil, told) => {
      spoil();
      expect(await reason(shape)).toBe(told);
    });
  });

  describe('in pieces', () => {
    const split: ImageShape = { ...SHAPE, format: 6 };
    const pieces = (...sizes: number[]) =>
      Object.fromEntries(
        sizes.map((size, index) => [
          index === 0 ? 'd1p2.img' : `d1p2.img.${String(index).padStart(3, '0')}`,
          index === 0
            ? Buffer.concat([pack(partclone('NTFS', 512), 'zstd'), Buffer.alloc(size)]).subarray(0, size)
            : Buffer.alloc(size),
        ]),
      );
    it.each([
      [[500, 500, 20], 'none'],
      [[500, 500, 500], 'none'],
      [[500, 400, 20], 'd1p2.img.001 has 400 bytes'],
      [[500, 501], 'd1p2.img.001 has 501 bytes'],
      [[500, 0], 'd1p2.img.001 is empty'],
    ])('of %j bytes: %s', async (sizes, expected) => {
      write(folder, pieces(...sizes));
      expect(await reason(split)).toBe(expected);
    });

    it('with a gap is refused', async () => {
      write(folder, pieces(500, 500, 20));
      rmSync(join(folder, 'd1p2.img.001'));
      expect(await reason(split)).toBe('d1p2.img.001 is missing');
    });

    it('without the first is refused', async () => {
      write(folder, pieces(500, 500));
      rmSync(join(folder, 'd1p2.img'));
      expect(await reason(split)).toBe('d1p2.img is missing');
    });
  });

  it('of one partition needs only that one', async () => {
    rmSync(join(folder, 'd1p1.img'));
    expect(await reason({ ...SHAPE, partitionType: '2' })).toBe('none');
    expect(await reason({ ...SHAPE, partitionType: '1' })).toBe('partition 1 has no data (d1p1.img)');
    expect(await reason({ ...SHAPE, partitionType: '7' })).toBe('there is no partition 7');
  });

  it('of the tables needs no data', async () => {
    rmSync(join(folder, 'd1p1.img'));
    rmSync(join(folder, 'd1p2.img'));
    expect(await reason({ ...SHAPE, partitionType: 'mbr' })).toBe('none');
  });
});

describe('a deploy', () => {
  const shape = { ...SHAPE, path: 'stock' };
  const image = () => join(made.root, 'stock');
  beforeEach(() => {
    rmSync(image(), { recursive: true, force: true });
    write(image(), captureFiles('stock'));
  });
  const refusal = (wanted: ImageShape = shape) =>
    made.store.deployable(wanted).then(
      () => 'none',
      (error: FogdError) => `${error.code} ${error.facts.reason}`,
    );

  it('takes the minimum set of FOG, and what a capture would not', async () => {
    rmSync(join(image(), 'd1p1.img'));
    rmSync(join(image(), 'd1.original.swapuuids'));
    writeFileSync(join(image(), '.note'), 'by the admin');
    expect(await refusal()).toBe('none');
  });

  it.each([
    ['d1.mbr', 'mps', 9, 'IMAGE_INCOMPLETE d1.mbr is missing'],
    ['d1.mbr', 'n', 9, 'IMAGE_INCOMPLETE d1.mbr is missing'],
    ['d1.mbr', 'n', 5, 'none'],
    ['d1.partitions', 'mps', 9, 'IMAGE_INCOMPLETE the partition table d1.partitions is missing'],
  ] as const)('without %s, type %s, OS %i: %s', async (missing, type, osId, expected) => {
    rmSync(join(image(), missing));
    expect(await refusal({ ...shape, type, osId })).toBe(expected);
  });

  it('of a resizable image needs one of its tables', async () => {
    const table = captureFiles('x')['d1.partitions'] ?? '';
    rmSync(join(image(), 'd1.partitions'));
    write(image(), { 'd1.minimum.partitions': table });
    expect(await refusal({ ...shape, type: 'n' })).toBe('none');
  });

  it('needs data', async () => {
    rmSync(join(image(), 'd1p1.img'));
    rmSync(join(image(), 'd1p2.img'));
    expect(await refusal()).toBe('IMAGE_INCOMPLETE no partition has data (d1p1.img …)');
  });

  it('names the wrong format', async () => {
    expect(await refusal({ ...shape, format: 0 })).toBe(
      'IMAGE_INCOMPLETE d1p1.img is zstd where the image format says gzip',
    );
  });

  it('refuses a link in place of the folder', async () => {
    rmSync(image(), { recursive: true });
    symlinkSync('/etc', image());
    expect(await refusal()).toBe('IMAGE_INCOMPLETE its folder stock is not there, or is a link');
  });

  it.each(['..', '.', '', 'a/b', '.fogd', 'dev', 'postinitscripts', '-rf', 'a\0b', 'x'.repeat(65), 'a b'])(
    'refuses the path %j',
    async (path) => {
      await expect(made.store.deployable({ ...shape, path })).rejects.toMatchObject({
        code: 'IMAGE_PATH_BAD',
      });
    },
  );

  it('tells a file that the NFS user may not read', async () => {
    const { store } = await scene({ root: made.root, squash: { uid: 4242, gid: 4242 } });
    execFileSync('chmod', ['600', join(image(), 'd1p2.img')]);
    await expect(store.deployable(shape)).rejects.toMatchObject({
      facts: { reason: "d1p2.img may not be read by the NFS server's user" },
    });
  });
});
