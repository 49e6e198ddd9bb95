import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '#files/make-folder.js';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'fogd-folder-'));
});
afterEach(() => rmSync(place, { recursive: true }));

describe('makeFolder', () => {
  it('makes those above it, with the mode, also twice at once', async () => {
    const deep = join(place, 'a', 'b', 'c');
    await Promise.all([makeFolder(deep, 0o700), makeFolder(deep, 0o700)]);
    for (const folder of [deep, join(place, 'a')]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('leaves one that is there, and says what is in its way', async () => {
    mkdirSync(join(place, 'there'), { mode: 0o755 });
    await makeFolder(join(place, 'there'), 0o700);
    expect(statSync(join(place, 'there')).mode & 0o777).toBe(0o755);
    writeFileSync(join(place, 'file'), '');
    await expect(makeFolder(join(place, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(place, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('says what the system says where no folder can be made', async () => {
    await expect(makeFolder('/proc/none/below')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
