import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '#store/migrate.js';
import { migrations } from '#store/migrations/index.js';
import { putStoreBack, saveStore, tryMigrations } from '#store/upgrade.js';

const BEFORE = migrations.slice(0, -1);
let folder: string;
let file: string;

/** A store of the version before, open in WAL mode with something that only the log has yet. */
function openStore(): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  migrate(db, BEFORE);
  addHost(db, 'pc1');
  return db;
}

function addHost(db: Database.Database, name: string): void {
  db.prepare("INSERT INTO hosts (name, created_at, created_by) VALUES (?, 1, 'cli')").run(name);
}

function look<T>(path: string, read: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const hosts = (path: string) =>
  look(path, (db) =>
    db
      .prepare('SELECT name FROM hosts')
      .all()
      .map((row) => (row as { name: string }).name),
  );
const version = (path: string) => look(path, (db) => db.pragma('user_version', { simple: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-upgrade-'));
  file = join(folder, 'fogd.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('saving a store', () => {
  it('holds what a running fogd has committed, for nobody else to read', async () => {
    const db = openStore();
    const copy = join(folder, 'copy');
    await saveStore(file, copy);
    db.close();
    expect(hosts(copy)).toEqual(['pc1']);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
  });

  it('leaves the copy of before when it fails, and nothing half done', async () => {
    openStore().close();
    const copy = join(folder, 'copy');
    await saveStore(file, copy);
    writeFileSync(file, 'no database at all, but long enough to be looked at as one'.repeat(100));
    await expect(saveStore(file, copy)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual(['copy']);
    expect(hosts(copy)).toEqual(['pc1']);
  });
});

describe('trying the migrations on a copy', () => {
  it('brings it to the schema of this version', async () => {
    openStore().close();
    tryMigrations(file);
    expect(version(file)).toBe(migrations.length);
    expect(hosts(file)).toEqual(['pc1']);
  });

  it.each([
    ['a migration that fails', 'CREATE TABLE hosts (name TEXT)', 'already exists'],
    [
      'a migration that leaves a row without its parent',
      'PRAGMA defer_foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1); DROP TABLE p',
      'FOREIGN KEY',
    ],
  ])('says why not: %s', (_, sql, reason) => {
    openStore().close();
    expect(() => tryMigrations(file, [...BEFORE, sql])).toThrow(reason);
  });

  it('refuses a store of a newer version and does not touch it', () => {
    openStore().close();
    expect(() => tryMigrations(file, BEFORE.slice(0, -1))).toThrow(/newer than this fogd knows/);
    expect(version(file)).toBe(BEFORE.length);
  });
});

describe('putting a saved store back', () => {
  it('takes the place of one that a newer version has changed, which is kept beside', async () => {
    openStore().close();
    const copy = join(folder, 'copy');
    const aside = join(folder, 'aside');
    await saveStore(file, copy);
    tryMigrations(file);
    expect(await putStoreBack(copy, file, aside)).toBe(true);
    expect([version(file), version(aside)]).toEqual([BEFORE.length, migrations.length]);
  });

  it('keeps the store where its schema is that of the copy: what came since is not lost', async () => {
    const db = openStore();
    const copy = join(folder, 'copy');
    await saveStore(file, copy);
    addHost(db, 'pc2');
    db.close();
    expect(await putStoreBack(copy, file, join(folder, 'aside'))).toBe(false);
    expect(hosts(file)).toEqual(['pc1', 'pc2']);
  });

  it('takes the place of one that cannot be read, and of its log', async () => {
    openStore().close();
    const copy = join(folder, 'copy');
    await saveStore(file, copy);
    writeFileSync(file, 'spoilt');
    writeFileSync(`${file}-wal`, 'its log');
    expect(await putStoreBack(copy, file, join(folder, 'aside'))).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(hosts(file)).toEqual(['pc1']);
  });
});
