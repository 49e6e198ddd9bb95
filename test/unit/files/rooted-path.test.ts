import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRooted, rootedPath, rootedPathSync } from '#files/rooted-path.js';

const folder = mkdtempSync(join(tmpdir(), 'fogd-rooted-'));
const root = { folder: join(folder, 'boot') };

beforeAll(() => {
  mkdirSync(join(folder, 'boot/sub'), { recursive: true });
  mkdirSync(join(folder, 'boot-secret'));
  writeFileSync(join(folder, 'boot-secret/key'), 'secret');
  writeFileSync(join(folder, 'outside'), 'secret');
  writeFileSync(join(folder, 'boot/a.efi'), 'hello');
  writeFileSync(join(folder, 'boot/.hidden'), 'secret');
  writeFileSync(join(folder, 'boot/..name'), 'odd');
  symlinkSync('a.efi', join(folder, 'boot/inside.efi'));
  symlinkSync('../outside', join(folder, 'boot/out.efi'));
  symlinkSync('../boot-secret', join(folder, 'boot/sibling'));
  symlinkSync('.hidden', join(folder, 'boot/unhidden'));
  symlinkSync('loop', join(folder, 'boot/loop'));
  symlinkSync('nowhere', join(folder, 'boot/dangling'));
  symlinkSync('/dev/zero', join(folder, 'boot/zero'));
  symlinkSync('boot', join(folder, 'linked-root'));
  execFileSync('mkfifo', [join(folder, 'boot/pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a name under a root', () => {
  it.each([
    ['a.efi', 'ok'],
    ['/a.efi', 'ok'],
    ['inside.efi', 'ok'],
    ['none', 'missing'],
    ['a.efi/x', 'missing'],
    ['dangling', 'missing'],
    ['n'.repeat(300), 'missing'],
    ['sub', 'is a folder'],
    ['out.efi', 'is a link out of the served folder'],
    ['sibling/key', 'is a link out of the served folder'],
    ['zero', 'is a link out of the served folder'],
    ['unhidden', 'leads to a hidden file'],
    ['.hidden', 'is hidden (begins with a dot)'],
    ['..name', 'is hidden (begins with a dot)'],
    ['loop', 'is a link that changed or leads in a circle'],
    ['pipe', 'is not a regular file'],
    ['../outside', 'climbs out of its folder (..)'],
    ['sub/../../outside', 'climbs out of its folder (..)'],
    ['a.efi\0', 'has control characters'],
  ])('%j: %s', async (name, expected) => {
    const opened = await openRooted(root, name);
    if (opened.ok) await opened.handle.close();
    for (const found of [await rootedPath(root, name), rootedPathSync(root, name), opened]) {
      const told = found.ok ? 'ok' : found.kind === 'missing' ? 'missing' : found.reason;
      expect(told).toBe(expected);
    }
  });

  it('tells path and size', async () => {
    expect(await rootedPath(root, '\\inside.efi')).toMatchObject({
      ok: true,
      name: 'inside.efi',
      path: join(folder, 'boot/a.efi'),
      size: 5,
    });
  });

  it('may have a root that is itself a link, or not there yet', async () => {
    expect(await rootedPath({ folder: join(folder, 'linked-root') }, 'a.efi')).toMatchObject({ ok: true });
    expect(await rootedPath({ folder: join(folder, 'later') }, 'a.efi')).toMatchObject({ kind: 'missing' });
  });

  it('follows a link out of the root only where it was named', async () => {
    const allowed = { ...root, mayLinkTo: [join(folder, 'outside')] };
    expect(await rootedPath(allowed, 'out.efi')).toMatchObject({ ok: true, size: 6 });
    expect(await rootedPath(allowed, 'sibling/key')).toMatchObject({ ok: false });
  });
});
