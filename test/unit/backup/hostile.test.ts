import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { MANIFEST, parseManifest, SEAL } from '#backup/manifest.js';
import { isPartName } from '#backup/parts.js';
import { padding, parseTarHeader, TAR_END, tarHeader } from '#backup/tar.js';
import { unpack } from '#backup/unpack.js';
import { removeTemporaryFolders, temporaryFolder } from './state.js';

afterEach(removeTemporaryFolders);

interface Entry {
  readonly name: string;
  readonly content: string;
}

function archive(manifest: unknown, entries: readonly Entry[]): string {
  const content = JSON.stringify(manifest) ?? '{';
  const seal = createHash('sha256').update(content).digest('hex');
  const all = [{ name: MANIFEST, content }, ...entries, { name: SEAL, content: seal }];
  const file = join(temporaryFolder(), 'hostile.tar');
  const blocks = all.flatMap(({ name, content }) => [
    tarHeader({ name, size: content.length, mode: 0o600 }, 0),
    Buffer.from(content),
    Buffer.alloc(padding(content.length)),
  ]);
  writeFileSync(file, Buffer.concat([...blocks, TAR_END]));
  return file;
}

const part = ({ name, content }: Entry, extra = {}) => ({
  ...{ name, size: content.length, mode: 0o600 },
  sha256: createHash('sha256').update(content).digest('hex'),
  ...extra,
});
const store = { name: 'fogd.sqlite', content: 'store' };
const base = { format: 1, version: '1', schema: 1, madeAt: 0 };

describe('a hostile backup', () => {
  it.each(
    [
      '../evil',
      'pki/../../evil',
      '/etc/cron.d/evil',
      'pki//evil',
      'pki/.',
      'lock',
      'pki',
      'fogd.sqlite-wal',
      'images/x',
    ].map((name) => [name]),
  )('cannot place a file of the name %s', async (name) => {
    const evil = { name, content: 'evil' };
    const file = archive({ ...base, parts: [part(store), part(evil)] }, [store, evil]);
    const into = temporaryFolder();
    await expect(unpack(file, into)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(readdirSync(into)).toEqual([]);
  });

  const cases: ReadonlyArray<readonly [string, unknown, readonly Entry[], string]> = [
    ['no JSON', undefined, [], 'no JSON'],
    ['no parts', { ...base, parts: [] }, [], 'not understood'],
    ['no store', { ...base, parts: [part({ name: 'pki/a', content: '' })] }, [], 'no store'],
    ['a store twice', { ...base, parts: [part(store), part(store)] }, [store, store], 'twice'],
    ['more than it says', { ...base, parts: [part(store)] }, [store, store], 'more than its manifest'],
    ['less than it says', { ...base, parts: [part(store)] }, [], 'lacks fogd.sqlite'],
    ['another size', { ...base, parts: [part(store, { size: 4 })] }, [store], 'lacks fogd.sqlite'],
    ['a set-user-ID file', { ...base, parts: [part(store, { mode: 0o4755 })] }, [store], 'not understood'],
  ];
  it.each(cases)('with %s is refused', async (_, manifest, entries, reason) => {
    await expect(unpack(archive(manifest, entries), temporaryFolder())).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      facts: { reason: expect.stringContaining(reason) as string },
    });
  });

  it('of a newer fogd is told apart from a damaged one', async () => {
    for (const newer of [{ format: 2 }, { schema: 9_999 }])
      await expect(
        unpack(archive({ ...base, ...newer, version: '9.9', parts: [part(store)] }, [store])),
      ).rejects.toMatchObject({ code: 'BACKUP_TOO_NEW', facts: { version: '9.9' } });
  });

  it('of any bytes throws nothing outside the catalogue', async () => {
    const file = join(temporaryFolder(), 'any.tar');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.uint8Array({ maxLength: 600 }).map((content) => {
        const header = tarHeader({ name: MANIFEST, size: content.length, mode: 0o600 }, 0);
        return Buffer.concat([header, content, Buffer.alloc(padding(content.length))]);
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        writeFileSync(file, content);
        await expect(unpack(file)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
      }),
      { numRuns: 200 },
    );
  });

  it('names of parts stay below their folder, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', ' ', '\0', '-') }), (tail) => {
        const name = `pki/${tail}`;
        return !isPartName(name) || join('/state', name).startsWith('/state/pki/');
      }),
    );
  });

  it('headers and manifests survive a round trip', () => {
    const entry = fc.record({
      name: fc.stringMatching(/^[a-z/.]{1,99}$/),
      size: fc.nat(2 ** 31 - 1),
      mode: fc.nat(0o777),
    });
    fc.assert(
      fc.property(entry, (one) => {
        expect(parseTarHeader(tarHeader(one, 1))).toEqual(one);
      }),
    );
    const manifest = { ...base, parts: [part(store)] };
    expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  });
});
