import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { finishRestore, RESTORE_MOMENTS, restore } from '#backup/restore.js';
import {
  addHosts,
  backUp,
  contents,
  makeState,
  names,
  openStore,
  removeTemporaryFolders,
  temporaryFolder,
} from './state.js';

afterEach(removeTemporaryFolders);

const options = { force: true, now: 1_700_000_000_000 };
const KEPT = 'before-restore-2023-11-14T22-13-20-000Z';
const ONE = { hosts: ['one0'], key: 'one', mode: 0o600 };
const TWO = { hosts: ['two0'], key: 'two', mode: 0o600 };

describe('restore', () => {
  it('makes a new state, or puts the old one beside; images stay', async () => {
    const file = await backUp(await makeState('one'));
    const fresh = temporaryFolder();
    expect(await restore(fresh, file, { ...options, force: false })).toMatchObject({ kept: undefined });
    expect(contents(fresh)).toEqual(ONE);
    const used = await makeState('two');
    expect(await restore(used, file, options)).toMatchObject({ kept: join(used, KEPT) });
    expect(contents(used)).toEqual(ONE);
    expect(contents(join(used, KEPT))).toEqual(TWO);
    expect(names(used).sort()).toEqual([KEPT, 'fogd.sqlite', 'images', 'pki'].sort());
    const store = await openStore(used);
    await addHosts(store, 'more');
    await store.close();
  });

  it('does not replace a state without being forced to', async () => {
    const state = await makeState('two');
    const file = await backUp(await makeState('one'));
    await expect(restore(state, file, { ...options, force: false })).rejects.toMatchObject({
      code: 'RESTORE_NOT_EMPTY',
    });
    expect(contents(state)).toEqual(TWO);
  });

  it('of a damaged backup changes nothing', async () => {
    const state = await makeState('two');
    const file = await backUp(await makeState('one'));
    const bytes = readFileSync(file);
    bytes.fill(0xff, 6_000, 6_100);
    writeFileSync(file, bytes);
    await expect(restore(state, file, options)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(names(state).sort()).toEqual(['fogd.sqlite', 'images', 'pki']);
    expect(contents(state)).toEqual(TWO);
  });

  it('does not replay the log of the old store into the new one', async () => {
    const file = await backUp(await makeState('one'));
    const state = await makeState('two');
    const copy = temporaryFolder();
    const store = await openStore(state);
    await addHosts(store, 'late');
    // As kill -9 leaves it: the newest host is in the log only.
    execFileSync('cp', ['-a', `${state}/.`, copy]);
    await store.close();
    await restore(copy, file, options);
    expect(contents(copy).hosts).toEqual(['one0']);
    expect(contents(join(copy, KEPT)).hosts).toEqual(['late0', 'two0']);
  });

  it('leaves keys where the backup has none', async () => {
    const from = await makeState('one');
    rmSync(join(from, 'pki'), { recursive: true });
    const state = await makeState('two');
    await restore(state, await backUp(from), options);
    expect(contents(state)).toEqual({ ...TWO, hosts: ['one0'] });
    expect(existsSync(join(state, KEPT, 'pki'))).toBe(false);
  });

  it('over a damaged store keeps that as it is', async () => {
    const state = await makeState('two');
    writeFileSync(join(state, 'fogd.sqlite'), 'rubbish');
    await restore(state, await backUp(await makeState('one')), options);
    expect(contents(state)).toEqual(ONE);
    expect(readFileSync(join(state, KEPT, 'fogd.sqlite'), 'utf8')).toBe('rubbish');
  });

  it('refuses a store whose pages hold together and whose rows do not', async () => {
    const from = await makeState('one');
    const db = new Database(join(from, 'fogd.sqlite'));
    db.pragma('user_version = 0');
    db.close();
    await expect(backUp(from)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it.each(RESTORE_MOMENTS)('that ends at %s is the old state or the new one, whole', async (last) => {
    const file = await backUp(await makeState('one'));
    const state = await makeState('two');
    const end = (now: string) => {
      if (now === last) throw new Error('ended');
    };
    await expect(restore(state, file, { ...options, moment: end })).rejects.toThrow('ended');
    const decided = last !== 'unpacked';
    expect(await finishRestore(state)).toBe(decided);
    expect(contents(state)).toEqual(decided ? ONE : TWO);
    expect(names(state).sort()).toEqual([...(decided ? [KEPT] : []), 'fogd.sqlite', 'images', 'pki']);
    if (decided) expect(contents(join(state, KEPT))).toEqual(TWO);
    expect(await finishRestore(state)).toBe(false);
  });
});
