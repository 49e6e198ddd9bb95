import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CAPTURE,
  capture,
  captureFiles,
  contents,
  forgetful,
  leftovers,
  MAC,
  SHAPE,
  scene,
  storeOn,
  temporaryFolder,
  temporaryFolders,
  write,
} from './fixture.js';

temporaryFolders();

const tree = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('NFS root', () => {
  it('of a deploy holds links of the image and the scripts', async () => {
    const { root, store } = await scene();
    write(join(root, 'win11'), { ...captureFiles('one'), '.hidden': 'x' });
    const { folder, inode } = await store.openDeployRoot(7, SHAPE);
    expect([folder, inode]).toEqual([store.rootFolder(7), String(statSync(join(root, 'win11')).ino)]);
    expect(await store.openDeployRoot(7, SHAPE)).toEqual({ folder });
    expect(tree(folder)).toEqual(
      [
        '.mntcheck',
        'postdownloadscripts',
        'postdownloadscripts/fog.postdownload',
        'postinitscripts',
        'postinitscripts/fog.postinit',
        'win11',
        ...Object.keys(captureFiles('one')).map((name) => `win11/${name}`),
      ].sort(),
    );
    expect(statSync(join(folder, 'win11', 'd1p1.img')).nlink).toBe(2);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  it('of a deploy keeps its generation while new ones are published, also when it is opened again', async () => {
    const made = await scene();
    for (const [id, mark] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ] as const) {
      await capture(made, id, captureFiles(mark));
      await made.store.publish(id, MAC, SHAPE, forgetful);
      await made.store.openDeployRoot(10, SHAPE);
      await made.store.openDeployRoot(10 + id, SHAPE);
    }
    const seen = (id: number) => contents(join(made.store.rootFolder(id), 'win11'))?.['d1p2.img']?.slice(-5);
    expect([10, 11, 12, 13].map(seen)).toEqual([
      expect.stringMatching(/one$/),
      expect.stringMatching(/one$/),
      expect.stringMatching(/two$/),
      'three',
    ]);
    // Also after a restart.
    await (await storeOn(made.root)).openDeployRoot(10, SHAPE);
    expect(seen(10)).toMatch(/one$/);
  });

  it('of a deploy that begins during a publish has files of one generation only', async () => {
    const made = await scene();
    await capture(made, 1, captureFiles('one'));
    await made.store.publish(1, MAC, SHAPE, forgetful);
    await capture(made, 2, captureFiles('two'));
    const publishing = made.store.publish(2, MAC, SHAPE, forgetful);
    const ids = [11, 12, 13, 14];
    await Promise.all([publishing, ...ids.map((id) => made.store.openDeployRoot(id, SHAPE))]);
    for (const id of ids) {
      const files = contents(join(made.store.rootFolder(id), 'win11')) ?? {};
      expect(new Set(['d1p1.img', 'd1p2.img'].map((name) => files[name]?.slice(-3))).size).toBe(1);
    }
  });

  it('of a capture holds an empty folder named by the MAC, and copies only', async () => {
    const { root, store } = await scene();
    const folder = await store.openCaptureRoot(7, MAC);
    expect(tree(folder)).toEqual(
      ['.mntcheck', CAPTURE, 'postinitscripts', 'postinitscripts/fog.postinit'].sort(),
    );
    // What a client writes into its own root must not reach the admin's script.
    writeFileSync(join(folder, 'postinitscripts', 'fog.postinit'), 'hostile');
    expect(readFileSync(join(root, 'postinitscripts', 'fog.postinit'), 'utf8')).toContain('#!/bin/bash');
  });

  it('of a capture keeps what was written when it is opened again', async () => {
    const made = await scene();
    const folder = await capture(made, 7, { 'd1.mbr': 'x' });
    await made.store.openCaptureRoot(7, MAC);
    expect(readdirSync(folder)).toEqual(['d1.mbr']);
  });

  it('without an image', async () => {
    const { root, store } = await scene();
    rmSync(join(root, 'postinitscripts'), { recursive: true });
    expect(tree(await store.openPlainRoot(7))).toEqual(['.mntcheck', 'postinitscripts']);
    expect(await store.openPlainRoot(7)).toBe(store.rootFolder(7));
  });

  it('leaves links of the scripts out, takes folders in', async () => {
    const { root, store } = await scene();
    mkdirSync(join(root, 'postinitscripts', 'drivers'));
    writeFileSync(join(root, 'postinitscripts', 'drivers', 'a.ko'), 'x');
    symlinkSync('/etc/shadow', join(root, 'postinitscripts', 'shadow'));
    expect(readdirSync(join(await store.openPlainRoot(7), 'postinitscripts')).sort()).toEqual([
      'drivers',
      'fog.postinit',
    ]);
  });

  it('of a deploy without an image is refused, and leaves nothing', async () => {
    const { root, store } = await scene();
    await expect(store.openDeployRoot(7, SHAPE)).rejects.toMatchObject({ code: 'IMAGE_INCOMPLETE' });
    symlinkSync('/etc', join(root, 'win11'));
    await expect(store.openDeployRoot(7, SHAPE)).rejects.toMatchObject({ code: 'IMAGE_INCOMPLETE' });
    expect(readdirSync(join(root, '.fogd', 'sessions'))).toEqual([]);
  });

  it('keeps what the admin wrote into the scripts', async () => {
    const { root } = await scene();
    writeFileSync(join(root, 'postinitscripts', 'fog.postinit'), 'mine');
    await storeOn(root);
    expect(readFileSync(join(root, 'postinitscripts', 'fog.postinit'), 'utf8')).toBe('mine');
  });

  it('is real where the images folder is a link', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'disk'));
    symlinkSync(join(folder, 'disk'), join(folder, 'images'));
    const { store } = await scene({ root: join(folder, 'images') });
    expect(await store.openPlainRoot(1)).toBe(join(folder, 'disk', '.fogd', 'sessions', '1'));
  });
});

describe('scripts that others may write', () => {
  it.each<[string, (folder: string) => void]>([
    ['by the rights of a script', (folder) => chmodSync(join(folder, 'fog.postinit'), 0o777)],
    ['by the rights of the folder', (folder) => chmodSync(folder, 0o777)],
    [
      'by those of a folder in it',
      (folder) => {
        mkdirSync(join(folder, 'drivers'));
        chmodSync(join(folder, 'drivers'), 0o757);
      },
    ],
    ['by their owner', (folder) => chownSync(join(folder, 'fog.postinit'), 12_345, 0)],
    [
      'by their group',
      (folder) => {
        chownSync(join(folder, 'fog.postinit'), 0, 12_345);
        chmodSync(join(folder, 'fog.postinit'), 0o775);
      },
    ],
  ])('are given to no machine: %s', async (_, loosen) => {
    const { root, store } = await scene();
    await store.checkScripts();
    loosen(join(root, 'postinitscripts'));
    const unsafe = { code: 'SCRIPTS_UNSAFE' };
    await expect(store.checkScripts()).rejects.toMatchObject(unsafe);
    await expect(store.openPlainRoot(1)).rejects.toMatchObject(unsafe);
    await expect(store.openCaptureRoot(2, MAC)).rejects.toMatchObject(unsafe);
    expect(readdirSync(join(root, '.fogd', 'sessions'))).toEqual([]);
  });
});

describe('removing NFS roots', () => {
  it('leaves the image alone, and is repeatable', async () => {
    const { root, store } = await scene();
    write(join(root, 'win11'), captureFiles('one'));
    await store.openDeployRoot(7, SHAPE);
    await store.removeRoot(7);
    await store.removeRoot(7);
    expect(readdirSync(join(root, '.fogd', 'sessions'))).toEqual([]);
    expect(Object.keys(contents(join(root, 'win11')) ?? {})).toEqual(Object.keys(captureFiles('one')).sort());
    expect(statSync(join(root, 'win11', 'd1p1.img')).mode & 0o777).toBe(0o644);
  });

  it('removes what a hostile client left: links, closed folders, a tree deeper than a path can be long', async () => {
    const made = await scene();
    const { store } = made;
    const root = await store.openCaptureRoot(7, MAC);
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'keep'), 'x');
    symlinkSync(outside, join(root, CAPTURE, 'link'));
    const here = process.cwd();
    const name = 'd'.repeat(250);
    // Deeper than PATH_MAX: only reachable step by step, as an NFS client does it.
    process.chdir(join(root, CAPTURE));
    for (let depth = 0; depth < 40; depth++) {
      mkdirSync(name);
      process.chdir(name);
    }
    process.chdir(here);
    mkdirSync(join(root, CAPTURE, 'closed', 'inner'), { recursive: true });
    chmodSync(join(root, CAPTURE, 'closed'), 0);
    chmodSync(root, 0o500);
    await store.removeRoot(7);
    expect(readdirSync(join(store.rootFolder(7), '..'))).toEqual([]);
    expect(await leftovers(made)).toEqual([]);
    expect(readdirSync(outside)).toEqual(['keep']);
  });

  it('sweeps the sessions that are not alive, and half-made ones', async () => {
    const { root, store } = await scene();
    for (const id of [1, 2, 3]) await store.openPlainRoot(id);
    mkdirSync(join(root, '.fogd', 'sessions', '.building-4-xyz'));
    mkdirSync(join(root, '.fogd', 'trash', 'x-abc'));
    expect((await store.sweep(new Set([2]))).sort()).toEqual(['1', '3']);
    expect(readdirSync(join(root, '.fogd', 'sessions'))).toEqual(['2']);
    expect(await leftovers({ root, store })).toEqual([]);
  });
});

describe('the root of a recovery', () => {
  it('can be written, and what is in it stays, also when fogd was killed before it could say so', async () => {
    const made = await scene();
    const root = await made.store.openRecoveryRoot(9);
    mkdirSync(join(root, 'recup_dir.1'));
    writeFileSync(join(root, 'recup_dir.1', 'f1.jpg'), 'a picture');
    symlinkSync('/etc', join(root, 'outside'));
    chmodSync(root, 0);
    expect(await made.store.sweep(new Set())).toEqual(['9']);
    const kept = made.store.recoveredFolder(9);
    expect(readFileSync(join(kept, 'recup_dir.1', 'f1.jpg'), 'utf8')).toBe('a picture');
    expect(readdirSync(kept)).toEqual(['recup_dir.1']);
    expect(existsSync(root)).toBe(false);
  });
});
