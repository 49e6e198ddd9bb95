import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smallFiles } from '#backup/parts.js';
import { SecretBox } from '#secrets/box.js';

let state: string;
let file: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'fogd-secrets-'));
  file = join(state, 'secrets', 'passwords.key');
});
afterEach(() => rmSync(state, { recursive: true }));

const box = () => new SecretBox(join(state, 'secrets'), randomBytes);

describe('what is sealed', () => {
  it('opens again, also after a restart, and is different each time', async () => {
    const one = box();
    const [first, second] = await Promise.all([one.seal('pässwort', 'a'), one.seal('pässwort', 'a')]);
    expect(first).not.toEqual(second);
    expect(first.toString('latin1')).not.toContain('wort');
    for (const sealed of [first, second]) expect(await box().open(sealed, 'a')).toBe('pässwort');
  });

  it('does not open for another owner, with one bit changed, cut off, or under another key', async () => {
    const sealed = await box().seal('secret', 'a');
    const changed = [...sealed.keys()].map((at) =>
      Buffer.from(sealed.map((byte, place) => (place === at ? byte ^ 1 : byte))),
    );
    for (const wrong of [...changed, sealed.subarray(0, -1), sealed.subarray(0, 20), Buffer.alloc(0)])
      await expect(box().open(wrong, 'a')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await expect(box().open(sealed, 'b')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    writeFileSync(file, `${'00'.repeat(32)}\n`);
    await expect(box().open(sealed, 'a')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });
});

describe('the key', () => {
  it('is made at the first use, for its owner only, and is in backups', async () => {
    expect(existsSync(file)).toBe(false);
    await box().seal('secret', 'a');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, 'secrets')).mode & 0o777).toBe(0o700);
    expect((await smallFiles(state)).map(({ name, mode }) => [name, mode])).toEqual([
      ['secrets/passwords.key', 0o600],
    ]);
  });

  it('that others can read, or that is none, is not used and not replaced', async () => {
    await box().seal('secret', 'a');
    chmodSync(file, 0o640);
    await expect(box().seal('secret', 'a')).rejects.toMatchObject({
      code: 'SECRET_KEY_UNUSABLE',
      message: expect.stringContaining('others can read it'),
    });
    writeFileSync(file, 'no key');
    chmodSync(file, 0o600);
    await expect(box().seal('secret', 'a')).rejects.toMatchObject({ code: 'SECRET_KEY_UNUSABLE' });
    expect(readFileSync(file, 'utf8')).toBe('no key');
  });

  it('that is gone is said to be so, and found again when it is put back', async () => {
    const first = box();
    const sealed = await first.seal('secret', 'a');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    const next = box();
    await expect(next.open(sealed, 'a')).rejects.toMatchObject({ code: 'SECRET_KEY_LOST' });
    writeFileSync(file, text, { mode: 0o600 });
    expect(await next.open(sealed, 'a')).toBe('secret');
  });
});
