import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { partcloneHeader } from '#images/partclone-header.js';
import { PartcloneStream } from '#images/partclone-stream.js';
import { parseSfdiskDump } from '#images/sfdisk-dump.js';
import { startVerification } from '#images/verifier.js';
import {
  capture,
  forgetful,
  MAC,
  SHAPE,
  scene,
  temporaryFolder,
  temporaryFolders,
} from '../../unit/images/fixture.js';

temporaryFolders();

/** Images made by partclone, pigz, zstd and split, tables by sfdisk and sgdisk, as FOS calls them (fos-protocol 5.4). */
const work = temporaryFolder();
const at = (name: string) => join(work, name);

function shell(line: string): string {
  return execFileSync('sh', ['-ec', line], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 300_000,
  });
}

const FILE_SYSTEMS = {
  ext4: { make: 'mkfs.ext4 -q', save: 'partclone.ext4', size: 24 << 20 },
  fat: { make: 'mkfs.vfat', save: 'partclone.vfat', size: 16 << 20 },
  ntfs: { make: 'mkfs.ntfs -F -Q', save: 'partclone.ntfs', size: 16 << 20 },
  xfs: { make: 'mkfs.xfs -q', save: 'partclone.xfs', size: 300 << 20 },
  btrfs: { make: 'mkfs.btrfs -q', save: 'partclone.btrfs', size: 120 << 20 },
  raw: { make: 'head -c 100000 /dev/urandom >', save: 'partclone.imager', size: 3 << 20 },
};
type Kind = keyof typeof FILE_SYSTEMS;

function problemOf(stream: Buffer, pieceBytes: number): string | undefined {
  const reader = new PartcloneStream();
  for (let from = 0; from < stream.length; from += pieceBytes)
    reader.feed(stream.subarray(from, from + pieceBytes));
  return reader.end();
}

async function verify(folder: string, format: number, progress: (done: number) => void = () => undefined) {
  return (await startVerification(folder, { ...SHAPE, format }, progress)).verdict;
}

/** All bits of the byte in the middle: whatever it was, it is another, and no padding between blocks of gzip is that long. */
function invertMiddle(file: string): void {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

beforeAll(() => {
  for (const [kind, { make, size }] of Object.entries(FILE_SYSTEMS)) {
    shell(`: > ${kind}.fs`);
    if (kind === 'raw') shell(`${make} ${kind}.fs`);
    truncateSync(at(`${kind}.fs`), size);
    if (kind !== 'raw') shell(`${make} ${kind}.fs`);
  }
  // Side by side: partclone takes two seconds for anything, its progress thread sleeps.
  const save = Object.entries(FILE_SYSTEMS).map(
    ([kind, { save }]) =>
      `${save} -c -s ${kind}.fs -O ${kind}.pcl -a0 -L ${kind}.log >&2 &
       ${save} -c -s ${kind}.fs -O ${kind}.sums.pcl -a1 -k3 -L ${kind}.sums.log >&2 &`,
  );
  shell(`${save.join('\n')}\nwait`);
});

describe('streams of partclone', () => {
  it.each(Object.keys(FILE_SYSTEMS) as Kind[])('%s: the size is that of the file system', (kind) => {
    const head = partcloneHeader(execFileSync('head', ['-c', '4096', at(`${kind}.pcl`)]));
    if (typeof head === 'string') throw new Error(head);
    expect(head).toMatchObject({ version: 2 });
    // btrfs and NTFS end a little before their partition.
    expect(head.deviceBytes).toBeGreaterThan(FILE_SYSTEMS[kind].size * 0.98);
    expect(head.deviceBytes).toBeLessThanOrEqual(FILE_SYSTEMS[kind].size);
    expect(head.usedBytes).toBeLessThanOrEqual(head.deviceBytes);
  });

  it.each(
    (Object.keys(FILE_SYSTEMS) as Kind[]).flatMap((kind) => [
      [kind, 'pcl'],
      [kind, 'sums.pcl'],
    ]),
  )('%s.%s: whole to the byte, and not a byte less', (kind, suffix) => {
    const stream = readFileSync(at(`${kind}.${suffix}`));
    for (const size of [1 << 20, 977]) expect(problemOf(stream, size)).toBeUndefined();
    expect(problemOf(stream.subarray(0, -1), 1 << 20)).toMatch(/^ends too early: /);
    expect(problemOf(stream.subarray(0, 100), 7)).toMatch(/^ends within the head/);
  });
});

const PACKERS = [
  [0, 'pigz -6', false],
  [2, 'pigz -9', true],
  [3, 'cat', false],
  [4, 'cat', true],
  [5, 'zstdmt -q --rsyncable --ultra -1', false],
  [5, 'zstdmt -q --rsyncable --ultra -22', false],
  [6, 'zstdmt -q --rsyncable --ultra -19', true],
] as const;

describe.each([
  [
    'gpt',
    'label: gpt\n2048,20480,U\nstart=22528,size=40960,type=L,name="a, b"\n63488,32768,L\n96256,4096,S\n',
  ],
  ['dos', 'label: dos\n2048,20480,7,*\n22528,40960,83\n63488,100000,5\n65536,32768,83\n'],
])('a capture of a disk with %s', (label, table) => {
  beforeAll(() => {
    rmSync(at('disk'), { force: true });
    shell(
      `truncate -s 100M disk && printf '%s' '${table}' | sfdisk -q disk && sfdisk -d ${at('disk')} > ${label}.partitions`,
    );
    // As FOS: the area before the first partition, and for a GPT sgdisk's backup over its beginning.
    shell(`dd if=disk of=${label}.mbr bs=512 count=2048 conv=sparse status=none`);
    if (label === 'gpt') shell(`sgdisk -b gpt.bak disk && dd if=gpt.bak of=gpt.mbr conv=notrunc status=none`);
  });

  it('has a table that can be read', () => {
    const dump = parseSfdiskDump(shell(`cat ${label}.partitions`));
    expect(dump).toMatchObject({ label, sectorSize: 512, unreadable: [] });
    expect(dump.partitions.map(({ number }) => number)).toEqual(
      label === 'gpt' ? [1, 2, 3, 4] : [1, 2, 3, 5],
    );
  });

  it.each(PACKERS)(
    'in format %i by "%s", pieces %s: taken, published, deployable',
    async (format, packer, split) => {
      const made = await scene();
      const folder = await capture(made, 1, {});
      const last = label === 'gpt' ? 3 : 5;
      shell(
        `cp --sparse=always ${label}.mbr ${folder}/d1.mbr && cp ${label}.partitions ${folder}/d1.partitions && : > ${folder}/d1.has_grub`,
      );
      for (const [number, kind] of [
        [1, 'ntfs'],
        [2, 'ext4'],
        [last, 'raw'],
      ] as const) {
        const image = `${folder}/d1p${number}.img`;
        shell(
          `cat ${kind}.pcl | ${packer} | split -a 3 -d -b ${split ? '100k' : '1G'} - ${image}. && mv ${image}.000 ${image}`,
        );
      }
      const shape = { ...SHAPE, format };
      const { partitions } = await made.store.captured(1, MAC, shape);
      expect(partitions.map(({ number }) => number)).toEqual([1, 2, last]);
      expect(partitions[1]?.clientBytes).toBe(FILE_SYSTEMS.ext4.size);
      expect(await made.store.publish(1, MAC, shape, forgetful)).toEqual([]);
      const { blocks, size } = statSync(join(made.root, 'win11', 'd1.mbr'));
      expect([size, blocks * 512 >= size]).toEqual([1 << 20, true]);
      const { folder: root } = await made.store.openDeployRoot(2, shape);
      await made.store.deployable(shape);
      // What a client would restore is what partclone saved.
      const unpack = format < 3 ? 'pigz -dc' : format < 5 ? 'cat' : 'zstdmt -q -dc';
      shell(`cat ${root}/win11/d1p2.img* | ${unpack} | cmp - ext4.pcl`);

      const seen: number[] = [];
      const verified = await verify(join(made.root, 'win11'), format, (done) => seen.push(done));
      const sums = shell(`cd ${made.root}/win11 && sha256sum *`).trim().split('\n').sort();
      if (verified.kind !== 'whole') throw new Error(JSON.stringify(verified));
      expect(verified.files.map(({ name, sha256 }) => `${sha256}  ${name}`).sort()).toEqual(sums);
      expect(seen.length).toBeGreaterThan(0);
      // Half a gigabyte of work lost by one byte, or by the end of a file.
      const damage = [
        (folder: string) => invertMiddle(join(folder, 'd1p2.img')),
        (folder: string) => shell(`cd ${folder} && truncate -s -1 $(ls d1p2.img* | tail -n 1)`),
      ];
      for (const [index, spoil] of damage.entries()) {
        const bad = `${made.root}/bad${index}`;
        shell(`cp -r ${made.root}/win11 ${bad}`);
        spoil(bad);
        const found = await verify(join(made.root, `bad${index}`), format);
        // Unpacked data without checksums hides a changed bit; the sums of the manifest do not.
        if (index === 0 && packer === 'cat') expect(found.kind).toBe('whole');
        else expect(found).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/^d1p2\.img/) });
      }
      expect(await verify(join(made.root, 'nowhere'), format)).toEqual({ kind: 'gone' });
    },
  );
});
