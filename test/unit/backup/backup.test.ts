import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pack } from '#backup/pack.js';
import { saveBackup } from '#backup/save.js';
import { whileStopped } from '#backup/stopped.js';
import { unpack } from '#backup/unpack.js';
import { verifyBackup, verifyState } from '#backup/verify.js';
import { ImageRepository } from '#store/images.js';
import { StateFolder } from '#store/state-folder.js';
import {
  addHosts,
  backUp,
  hostsOf,
  makeState,
  names,
  openStore,
  removeTemporaryFolders,
  temporaryFolder,
} from './state.js';

afterEach(removeTemporaryFolders);

describe('a backup', () => {
  it('is a tar of manifest, store and keys, for its owner only, and holds no image', async () => {
    const file = await backUp(await makeState('one'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const listing = execFileSync('tar', ['tf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(listing).toEqual(['manifest.json', 'fogd.sqlite', 'pki/ca.key', 'manifest.sha256']);
    expect(execFileSync('tar', ['xfO', file, 'pki/ca.key'], { encoding: 'utf8' })).toBe('one');
    expect(await verifyBackup(file)).toMatchObject({
      problems: [],
      manifest: { format: 1, version: '1.2.3', madeAt: 1_700_000_000_000 },
    });
  });

  it('says its size beforehand', async () => {
    const state = await makeState('one');
    const packed = await pack(state, '1', 0);
    const file = join(temporaryFolder(), 'b.tar');
    await saveBackup(file, packed.content());
    expect(packed.size).toBe(statSync(file).size);
    await packed.drop();
    expect(names(join(state, '.backup'))).toEqual([]);
  });

  it('of a store that is written to meanwhile is the store of one moment', async () => {
    const state = await makeState('a');
    const store = await openStore(state);
    // Each commit adds two hosts; half of one would be an odd number of new ones.
    const writing = (async () => {
      for (let n = 0; n < 40; n++) await addHosts(store, `n${n}-`, 2);
    })();
    const counts = [];
    for (let n = 0; n < 3; n++) {
      const target = temporaryFolder();
      await unpack(await backUp(state), target);
      counts.push((hostsOf(target).length - 1) % 2);
    }
    await writing;
    await store.close();
    expect(counts).toEqual([0, 0, 0]);
  });

  it('leaves out links, which may lead anywhere', async () => {
    const state = await makeState('one');
    symlinkSync('/etc/shadow', join(state, 'pki', 'shadow'));
    mkdirSync(join(state, 'pki', 'names'));
    writeFileSync(join(state, 'pki', 'names', 'a b.pem'), 'leaf');
    const { manifest } = await verifyBackup(await backUp(state));
    expect(manifest.parts.map(({ name }) => name)).toEqual([
      'fogd.sqlite',
      'pki/ca.key',
      'pki/names/a b.pem',
    ]);
  });

  it('of a damaged store is refused', async () => {
    const state = await makeState('one');
    truncateSync(join(state, 'fogd.sqlite'), 9_000);
    await expect(pack(state, '1', 0)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(names(join(state, '.backup'))).toEqual([]);
  });

  it('of a folder without a store is refused, and nothing is made', async () => {
    const folder = temporaryFolder();
    await expect(pack(folder, '1', 0)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    await expect(whileStopped(join(folder, 'no'), false, async () => 1)).rejects.toMatchObject({
      code: 'STATE_MISSING',
    });
    expect(names(folder)).toEqual([]);
  });

  it('that breaks off leaves no half file, and the one before', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'b.tar');
    writeFileSync(file, 'the one before');
    const packed = await pack(await makeState('one'), '1', 0);
    const broken = async function* () {
      let left = 3_000;
      for await (const chunk of packed.content()) {
        yield chunk.subarray(0, left);
        left -= chunk.length;
        if (left <= 0) return;
      }
    };
    await expect(saveBackup(file, broken())).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(names(folder)).toEqual(['b.tar']);
    expect(readFileSync(file, 'utf8')).toBe('the one before');
  });

  it('that is interrupted leaves no half file', async () => {
    const folder = temporaryFolder();
    const packed = await pack(await makeState('one'), '1', 0);
    const stop = new AbortController();
    const content = async function* () {
      for await (const chunk of packed.content()) {
        yield chunk;
        stop.abort(new Error('interrupted'));
      }
    };
    await expect(saveBackup(join(folder, 'b.tar'), content(), stop.signal)).rejects.toThrow('interrupted');
    expect(names(folder)).toEqual([]);
    await packed.drop();
  });

  it('bug: took the place of whatever was there: of /dev/null, of a link', async () => {
    const folder = temporaryFolder();
    const packed = await pack(await makeState('one'), '1', 0);
    const link = join(folder, 'null');
    symlinkSync('/dev/null', link);
    for (const file of [link, folder])
      await expect(saveBackup(file, packed.content())).rejects.toMatchObject({ code: 'BACKUP_CANNOT_WRITE' });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(names(folder)).toEqual(['null']);
    await packed.drop();
  });

  it('into a folder that is not there is named', async () => {
    const packed = await pack(await makeState('one'), '1', 0);
    await expect(saveBackup('/nowhere/b.tar', packed.content())).rejects.toMatchObject({
      code: 'BACKUP_CANNOT_WRITE',
      facts: { reason: 'ENOENT' },
    });
  });
});

describe('verify', () => {
  it('reads every byte of a backup: one that is changed or missing is found', async () => {
    const file = await backUp(await makeState('one'));
    const whole = readFileSync(file);
    for (const at of [3, 160, 520, 600, 700, 2_000, Math.floor(whole.length / 2), whole.length - 1_500]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x21;
      writeFileSync(file, changed);
      await expect(verifyBackup(file), `byte ${at}`).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    }
    for (const size of [0, 100, 512, 5_000, whole.length - 1_025]) {
      writeFileSync(file, whole.subarray(0, size));
      await expect(verifyBackup(file), `size ${size}`).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    }
  });

  it('names what cannot be read', async () => {
    for (const file of ['/nowhere', '/tmp', '/dev/null'])
      await expect(verifyBackup(file), file).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
  });

  it('of a state finds pages that are damaged, rows without parents and images without folders', async () => {
    const state = await makeState('one');
    const images = join(state, 'images');
    expect((await verifyState(state, images)).problems).toEqual([]);
    const store = await openStore(state);
    await store.commit(() => {
      const { id } = new ImageRepository(store).add({
        ...{ name: 'Windows', path: 'win', type: 'n', osId: 9, format: 5, compress: null },
        ...{ protected: false, createdAt: 1, createdBy: 'test' },
      });
      new ImageRepository(store).captured(id, 1, 1, 1);
    });
    store.db.pragma('foreign_keys = OFF');
    await store.commit(() => store.db.exec('UPDATE hosts SET image_id = 99'));
    expect((await verifyState(state, images)).problems).toEqual([
      'row 1 of hosts names a row of images that is not there',
    ]);
    await store.commit(() => store.db.exec('UPDATE hosts SET image_id = NULL'));
    expect((await verifyState(state, images)).problems).toEqual([
      `the image win was captured, and ${join(images, 'win')} is not there`,
    ]);
    await store.close();
    const file = join(state, 'fogd.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4_096 * 3, 4_096 * 3 + 200);
    writeFileSync(file, bytes);
    expect((await verifyState(state, images)).problems[0]).toMatch(/SQLITE_CORRUPT|page|btree/i);
  });

  it('is refused while a fogd works on the state', async () => {
    const state = await makeState('one');
    const running = StateFolder.open(state);
    await expect(whileStopped(state, false, async () => 1)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    running.close();
  });
});
