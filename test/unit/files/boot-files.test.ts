import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BootFiles, type OpenBootFile } from '#files/boot-files.js';
import { VirtualClock } from '../virtual-clock.js';

const MIB = 1024 * 1024;
let folder: string;
let first: string;
let second: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-boot-files-'));
  first = join(folder, 'first');
  second = join(folder, 'second');
  for (const each of [first, second]) mkdirSync(each);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes that tell their position. */
function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

async function mustOpen(files: BootFiles, name: string): Promise<OpenBootFile> {
  const file = await files.open(name);
  if (!file) throw new Error(`${name} was not opened`);
  return file;
}

const openFilesOf = async (path: string): Promise<number> => {
  let count = 0;
  for (const fd of await readdir('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(path)) count++;
    } catch {
      // The descriptor of this very listing is gone by now.
    }
  }
  return count;
};

describe('BootFiles', () => {
  it('takes the first folder that has a name', async () => {
    writeFileSync(join(first, 'a'), 'first');
    writeFileSync(join(second, 'a'), 'second!');
    writeFileSync(join(second, 'b'), 'b');
    const files = new BootFiles([first, second, join(folder, 'missing')]);
    const opened = [await mustOpen(files, '/a'), await mustOpen(files, 'b')];
    expect(opened.map(({ name, path, size }) => ({ name, path, size }))).toEqual([
      { name: 'a', path: join(first, 'a'), size: 5 },
      { name: 'b', path: join(second, 'b'), size: 1 },
    ]);
    for (const file of opened) file.close();
    expect(await files.open('c')).toBeUndefined();
    expect([files.has('a'), files.has('\\b'), files.has('c'), files.has('../a')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('does not paper over a link out of an earlier folder', async () => {
    writeFileSync(join(folder, 'secret'), 'x');
    symlinkSync('../secret', join(first, 'a'));
    writeFileSync(join(second, 'a'), 'second');
    const files = new BootFiles([first, second]);
    expect(files.has('a')).toBe(false);
    expect(await files.open('a')).toBeUndefined();
    expect(await files.explain('a')).toEqual({
      kind: 'refused',
      reason: 'a is a link out of the served folder',
    });
  });

  it.each([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])(
    'reads a file of %i bytes at any position',
    async (size) => {
      const content = pattern(size);
      writeFileSync(join(first, 'f'), content);
      const file = await mustOpen(new BootFiles([first]), 'f');
      expect(file.size).toBe(size);
      for (const offset of [0, 1, MIB - 700, MIB, 2 * MIB - 3, size - 1]) {
        if (offset < 0 || offset > size) continue;
        const length = Math.min(1428, size - offset);
        expect((await file.read(offset, length)).equals(content.subarray(offset, offset + length))).toBe(
          true,
        );
        expect(file.cached(offset, length)?.equals(content.subarray(offset, offset + length))).toBe(true);
      }
      file.close();
    },
  );

  it('reads each piece once for all who want it', async () => {
    writeFileSync(join(first, 'f'), pattern(2 * MIB));
    const files = new BootFiles([first]);
    const opened = await Promise.all(Array.from({ length: 50 }, () => mustOpen(files, 'f')));
    expect(await openFilesOf(first)).toBe(1);
    expect(opened[0]?.cached(0, 100)).toBeUndefined();
    const pieces = await Promise.all(opened.map((file) => file.read(0, MIB)));
    expect(new Set(pieces.map((piece) => piece.buffer)).size).toBe(1);
    expect(files.cachedBytes).toBe(MIB);
    for (const file of opened) file.close();
    await expect.poll(() => openFilesOf(first)).toBe(0);
    const again = await mustOpen(files, 'f');
    expect(again.cached(0, 100)).toBeDefined();
    again.close();
  });

  it('needs few descriptors however many ask for a file at once', async () => {
    writeFileSync(join(first, 'f'), 'f');
    const files = new BootFiles([first]);
    const before = readdirSync('/proc/self/fd').length;
    let most = 0;
    let isDone = false;
    const opening = Promise.all(Array.from({ length: 2000 }, () => mustOpen(files, 'f'))).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      most = Math.max(most, readdirSync('/proc/self/fd').length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const file of await opening) file.close();
    expect(most).toBeGreaterThan(before);
    expect(most - before).toBeLessThan(300);
  });

  it('keeps to its memory budget', async () => {
    writeFileSync(join(first, 'f'), pattern(5 * MIB));
    const files = new BootFiles([first], { cacheBytes: 2 * MIB });
    const file = await mustOpen(files, 'f');
    for (let at = 0; at < 5 * MIB; at += MIB) expect((await file.read(at, 4)).readUInt32LE()).toBe(at);
    expect(files.cachedBytes).toBe(2 * MIB);
    expect(file.cached(0, 4)).toBeUndefined();
    file.close();
  });

  it('goes on with the old content when the file is replaced', async () => {
    const [old, fresh] = [Buffer.alloc(3 * MIB, 'o'), Buffer.alloc(3 * MIB, 'n')];
    writeFileSync(join(first, 'f'), old);
    const files = new BootFiles([first]);
    const before = await mustOpen(files, 'f');
    await before.read(0, 100);
    writeFileSync(join(first, 'f.new'), fresh);
    renameSync(join(first, 'f.new'), join(first, 'f'));
    const after = await mustOpen(files, 'f');
    expect((await before.read(0, 3 * MIB)).equals(old)).toBe(true);
    expect((await after.read(0, 3 * MIB)).equals(fresh)).toBe(true);
    before.close();
    after.close();
  });

  it('does not mix old and new when somebody writes into the file', async () => {
    writeFileSync(join(first, 'f'), Buffer.alloc(2 * MIB, 'o'));
    const file = await mustOpen(new BootFiles([first]), 'f');
    await file.read(0, 100);
    writeFileSync(join(first, 'f'), Buffer.alloc(2 * MIB, 'n'));
    // The kernel's times are as coarse as its tick; a test is faster than that.
    utimesSync(join(first, 'f'), 1, 1);
    await expect(file.read(MIB, 100)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    file.close();
  });

  it('notices a file that became shorter', async () => {
    writeFileSync(join(first, 'f'), pattern(2 * MIB));
    const file = await mustOpen(new BootFiles([first]), 'f');
    writeFileSync(join(first, 'f'), 'short');
    await expect(file.read(MIB, 100)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    file.close();
  });

  it('is of no use after close', async () => {
    writeFileSync(join(first, 'f'), 'x');
    const file = await mustOpen(new BootFiles([first]), 'f');
    file.close();
    file.close();
    expect(() => file.cached(0, 1)).toThrow(/closed/);
    await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'FILE_CLOSED' });
  });

  it('explains what is missing, with the nearest name', async () => {
    mkdirSync(join(second, 'i386-efi'));
    writeFileSync(join(second, 'i386-efi/snponly.efi'), 'x');
    const files = new BootFiles([first, second], { clock: new VirtualClock() });
    expect(await files.explain('/snponly.efi')).toEqual({
      kind: 'missing',
      reason: 'snponly.efi is not among the boot files',
      nearest: 'i386-efi/snponly.efi',
    });
    expect(await files.explain('pxelinux.0')).toEqual({
      kind: 'missing',
      reason: 'pxelinux.0 is not among the boot files',
    });
    expect(await files.explain('../x')).toEqual({
      kind: 'refused',
      reason: 'the name climbs out of its folder (..)',
    });
  });

  it('makes few suggestions under a flood, and sees new files after a while', async () => {
    const clock = new VirtualClock();
    const files = new BootFiles([first], { clock });
    expect(await files.explain('boot.efx')).not.toHaveProperty('nearest');
    writeFileSync(join(first, 'boot.efi'), 'x');
    await clock.advance(5_000);
    const told = await Promise.all(Array.from({ length: 60 }, () => files.explain('boot.efx')));
    expect(told.filter(({ nearest }) => nearest === 'boot.efi')).toHaveLength(50);
  });
});
