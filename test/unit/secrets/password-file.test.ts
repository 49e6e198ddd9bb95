import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPasswordFile } from '#secrets/password-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-password-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string, mode = 0o640) => {
  const file = join(folder, 'password');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

it.each([
  ['pass word\n# a remark\n', 'pass word'],
  ['größer\r\n', 'größer'],
  [' x ', ' x '],
])('a password is the first line of %j, as it stands', async (text, password) => {
  expect(await readPasswordFile(write(text))).toBe(password);
});

it.each([
  ['nothing in it', '', 0o600, 'its first line is empty'],
  ['a blank first line', '\nsecret\n', 0o600, 'its first line is empty'],
  ['rights for everybody', 'secret\n', 0o644, 'others can read it'],
])('a file with %s is refused, and its text not told', async (_, text, mode, reason) => {
  const refusal = readPasswordFile(write(text, mode));
  await expect(refusal).rejects.toMatchObject({ code: 'SECRET_FILE_UNUSABLE' });
  await expect(refusal).rejects.toThrow(reason);
  await expect(refusal).rejects.not.toThrow(/secret\n/);
});

it('a file that is not there is told by name', async () => {
  await expect(readPasswordFile(join(folder, 'none'))).rejects.toThrow(/none .*\(ENOENT\)/);
});
