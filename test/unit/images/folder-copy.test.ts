import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FolderCopy } from '#images/folder-copy.js';
import { listFolder } from '#images/folder-listing.js';
import { temporaryFolder, temporaryFolders } from './fixture.js';

temporaryFolders();

it('a copy knows how far it is, also in the middle of a file', async () => {
  const [from, to] = [join(temporaryFolder(), 'from'), join(temporaryFolder(), 'to')];
  for (const folder of [from, to]) mkdirSync(folder);
  for (const [name, bytes] of [
    ['d1.mbr', 1_000],
    ['d1p1.img', 70_000],
    ['d1p2.img', 9_000],
  ] as const)
    writeFileSync(join(from, name), Buffer.alloc(bytes, name));
  const copy = new FolderCopy('base', (await listFolder(from)) ?? []);
  const seen: number[] = [];
  const look = async () => {
    const { path, bytes, total } = await copy.progress();
    expect([path, total]).toEqual(['base', 80_000]);
    seen.push(bytes);
  };
  await look();
  await copy.into(to, async (source, target, how) => {
    await look();
    if (String(source).endsWith('d1p1.img')) {
      await writeFile(target, Buffer.alloc(30_000));
      await look();
      await writeFile(target, readFileSync(String(source)));
    } else await copyFile(source, target, how);
    await look();
  });
  await look();
  expect(seen).toEqual([0, 0, 1_000, 1_000, 31_000, 71_000, 71_000, 80_000, 80_000]);
  expect(readFileSync(join(to, 'd1p2.img'))).toEqual(readFileSync(join(from, 'd1p2.img')));
});
