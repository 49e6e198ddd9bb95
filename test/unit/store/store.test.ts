import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#daemon/clock.js';
import { HostRepository } from '#store/hosts.js';
import { StateFolder } from '#store/state-folder.js';
import { Store } from '#store/store.js';

let folder: string;
const file = () => join(folder, 'fogd.sqlite');
const open = (extra = {}) =>
  Store.open({ file: file(), clock: systemClock, onWarning: () => undefined, ...extra });
const host = { name: 'pc', description: '', createdAt: 1, createdBy: 'test', macs: ['00:11:22:33:44:55'] };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('store', () => {
  it('keeps its files to its owner (CVE-2024-41954)', async () => {
    const store = await open();
    await store.commit(() => new HostRepository(store).add(host));
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(file() + suffix).mode & 0o077, suffix).toBe(0);
    await store.close();
  });

  it('that was taken away at once is not made anew, empty, by the thread of its checkpoints: it passed for a damaged one', async () => {
    const store = await open();
    rmSync(file());
    await store.checkpoint();
    expect(existsSync(file())).toBe(false);
    await store.close();
  });

  it('reads several things at one state, also inside a commit, and ends with what it throws', async () => {
    const store = await open();
    const hosts = new HostRepository(store);
    await store.commit(() => hosts.add(host));
    const other = new Database(file());
    const [before, after] = store.read(() => {
      const names = hosts.list().map(({ name }) => name);
      other.prepare("UPDATE hosts SET name = 'changed'").run();
      return [names, hosts.list().map(({ name }) => name)];
    });
    other.close();
    expect([before, after]).toEqual([['pc'], ['pc']]);
    expect(() =>
      store.read(() => {
        throw new Error('not so');
      }),
    ).toThrow('not so');
    expect(await store.commit(() => store.read(() => hosts.list()))).toMatchObject([{ name: 'changed' }]);
    await store.close();
  });

  it('shares the state of a read with the rest of the turn, until something is written', async () => {
    const store = await open();
    const hosts = new HostRepository(store);
    await store.commit(() => hosts.add(host));
    const other = new Database(file());
    const rename = (name: string) => other.prepare('UPDATE hosts SET name = ?').run(name);
    const name = () =>
      store.read(() =>
        hosts
          .list()
          .map((one) => one.name)
          .join(),
      );

    expect(name()).toBe('pc');
    rename('next-turn');
    expect([name(), await Promise.resolve().then(name)]).toEqual(['pc', 'pc']);
    await nextTurn();
    expect(name()).toBe('next-turn');

    // The lock of a read would be in the way of a write.
    rename('of-another');
    await store.commit(() => hosts.add({ ...host, name: 'written', macs: ['00:11:22:33:44:56'] }));
    expect(name()).toBe('of-another,written');
    other.close();
    await store.close();
  });

  it('resolves a commit only after the sync, and groups those that wait', async () => {
    let syncs = 0;
    let release: () => void = () => undefined;
    const store = await open({
      syncFile: () => {
        syncs++;
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    const hosts = new HostRepository(store);
    const durable: string[] = [];
    const add = (name: string, mac: string) =>
      store.commit(() => hosts.add({ ...host, name, macs: [mac] })).then(() => durable.push(name));
    const all = [add('a', '00:00:00:00:00:01'), add('b', '00:00:00:00:00:02'), add('c', '00:00:00:00:00:03')];
    await new Promise((resolve) => setImmediate(resolve));
    expect({ syncs, durable, seen: hosts.list().length }).toEqual({ syncs: 1, durable: [], seen: 3 });
    release();
    await all[0];
    await new Promise((resolve) => setImmediate(resolve));
    // b and c were written while the first sync ran: one more sync serves both.
    expect({ syncs, durable }).toEqual({ syncs: 2, durable: ['a'] });
    release();
    await Promise.all(all);
    expect({ syncs, durable }).toEqual({ syncs: 2, durable: ['a', 'b', 'c'] });
    const closing = store.close();
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await closing;
  });

  it('does not block the event loop while a slow disk syncs', async () => {
    const store = await open({ syncFile: () => new Promise((resolve) => setTimeout(resolve, 20)) });
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    count();
    await store.commit(() => new HostRepository(store).add(host));
    counting = false;
    expect(turns).toBeGreaterThan(20);
    await store.close();
  });

  it('rolls back and rejects when the write throws', async () => {
    const store = await open();
    const hosts = new HostRepository(store);
    const write = () => {
      hosts.add(host);
      throw new Error('half way');
    };
    await expect(store.commit(write)).rejects.toThrow('half way');
    expect(hosts.list()).toEqual([]);
    await store.close();
  });

  it('rejects, and says so, when the disk cannot sync', async () => {
    const store = await open({ syncFile: () => Promise.reject(new Error('EIO')) });
    await expect(store.commit(() => 1)).rejects.toThrow('could not be made durable (EIO)');
    await expect(store.close()).rejects.toThrow('EIO');
  });

  describe('grouped writes', () => {
    it('of one turn are one transaction; they wait for no disk, and a killed process leaves them', async () => {
      let disk = new Promise<void>(() => undefined);
      const store = await open({ syncFile: () => disk });
      const hosts = new HostRepository(store);
      const add = (name: string, mac: string) =>
        store.commitGrouped(() => {
          // Seen by the writes of the same transaction only.
          const before = hosts.list().length;
          const outside = reader.prepare('SELECT count(*) FROM hosts').pluck().get();
          hosts.add({ ...host, name, macs: [mac] });
          return { before, outside };
        });
      const reader = new Database(file(), { readonly: true });
      const together = [add('a', '00:00:00:00:00:01'), add('b', '00:00:00:00:00:02')];
      expect(hosts.list()).toEqual([]);
      expect(await Promise.all(together)).toEqual([
        { before: 0, outside: 0 },
        { before: 1, outside: 0 },
      ]);
      expect(reader.prepare('SELECT name FROM hosts ORDER BY name').pluck().all()).toEqual(['a', 'b']);
      reader.close();
      disk = Promise.resolve();
      await store.close();
    });

    it('that fail take nobody with them', async () => {
      const store = await open();
      const hosts = new HostRepository(store);
      const results = await Promise.allSettled([
        store.commitGrouped(() => hosts.add(host)),
        store.commitGrouped(() => {
          hosts.add({ ...host, name: 'half', macs: ['00:00:00:00:00:02'] });
          throw new Error('half way');
        }),
        store.commitGrouped(() => hosts.add({ ...host, name: 'last', macs: ['00:00:00:00:00:03'] })),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(hosts.list().map(({ name }) => name)).toEqual(['last', 'pc']);
      await store.close();
    });

    it('are not lost when the store closes in the same turn', async () => {
      const store = await open();
      const written = store.commitGrouped(() => new HostRepository(store).add(host));
      await store.close();
      await written;
      const again = await open();
      expect(new HostRepository(again).list()).toHaveLength(1);
      await again.close();
    });
  });

  it('finds everything again after the process was killed without closing', async () => {
    const store = await open();
    await store.commit(() => new HostRepository(store).add(host));
    // The file as a killed process leaves it: with its write-ahead log.
    const reader = new Database(file(), { readonly: true });
    expect(reader.prepare('SELECT name FROM hosts').pluck().all()).toEqual(['pc']);
    reader.close();
    await store.close();
    const again = await open();
    expect(new HostRepository(again).list()).toMatchObject([
      { name: 'pc', macs: [{ mac: '00:11:22:33:44:55', primary: true }] },
    ]);
    await again.close();
  });

  it('moves the log into the file off the main thread', async () => {
    const store = await open();
    await store.commit(() => new HostRepository(store).add(host));
    // The file as it is without its log.
    const inFile = () => {
      const alone = join(folder, 'alone.sqlite');
      copyFileSync(file(), alone);
      const found = new Database(alone, { readonly: true });
      try {
        return found.prepare('SELECT name FROM hosts').pluck().all();
      } finally {
        found.close();
      }
    };
    expect(inFile).toThrow('no such table');
    await store.checkpoint();
    expect(inFile()).toEqual(['pc']);
    await store.close();
  });

  it('refuses the store of a newer fogd and leaves it alone', async () => {
    const db = new Database(file());
    db.pragma('user_version = 999');
    db.close();
    await expect(open()).rejects.toThrow('schema version 999, newer than this fogd knows');
  });

  it('names a damaged file and does not overwrite it', async () => {
    writeFileSync(file(), 'this is no database, however long it may be '.repeat(50));
    await expect(open()).rejects.toThrow('cannot be read');
    expect(readFileSync(file(), 'utf8')).toContain('this is no database');
  });

  it.each([
    ['a page of rubbish', (bytes: Buffer) => bytes.fill(0xa5, bytes.length - 4_096)],
    ['half of its pages', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['nothing left', () => Buffer.alloc(0)],
  ])('with %s is told at start, names the way back, and is left as it is', async (_, damage) => {
    const store = await open();
    await store.commit(() => {
      for (let n = 0; n < 200; n++)
        new HostRepository(store).add({
          ...{ ...host, name: `pc${n}`, description: 'x'.repeat(100) },
          macs: [`00:11:22:33:44:${n.toString(16).padStart(2, '0')}`],
        });
    });
    await store.close();
    const damaged = damage(readFileSync(file()));
    writeFileSync(file(), damaged);
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      remedy: expect.stringContaining('fogd restore FILE') as string,
    });
    expect(readFileSync(file()).equals(damaged)).toBe(true);
  });

  it('that could not be made leaves no empty file behind', async () => {
    mkdirSync(`${file()}-wal`);
    await expect(open()).rejects.toThrow();
    expect(existsSync(file())).toBe(false);
  });
});

describe('state folder', () => {
  it('is private and locked for one process', () => {
    const state = StateFolder.open(join(folder, 'state'));
    expect(statSync(state.path).mode & 0o777).toBe(0o700);
    expect(() => StateFolder.open(state.path)).toThrow(`in use by another fogd (pid ${process.pid})`);
    state.close();
    StateFolder.open(state.path).close();
  });

  it('that cannot be made says what to do, and does not hang (mkdir recursive loops for ever in /proc)', () => {
    expect(() => StateFolder.open('/proc/fogd')).toThrow(
      'the state folder /proc/fogd cannot be written (ENOENT)',
    );
  });
});
