import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrate } from '#store/migrate.js';
import { migrations } from '#store/migrations/index.js';

/** A store at an earlier version of the schema, with a row in each table that later versions change. */
function storeAt(version: number): Database.Database {
  const db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  migrate(db, migrations.slice(0, version));
  db.exec(`
    INSERT INTO hosts (id, name, created_at, created_by) VALUES (1, 'pc', 5, 'cli');
    INSERT INTO host_macs (mac, host_id, is_primary) VALUES ('00:11:22:33:44:55', 1, 1);
    INSERT INTO inventory (host_id, updated_at, primary_user) VALUES (1, 6, 'Ada');
    INSERT INTO tasks (id, type_id, host_id, state, created_at, created_by) VALUES (7, 10, 1, 1, 8, 'cli');
    INSERT INTO task_transitions (task_id, at, state, actor, reason) VALUES (7, 8, 1, 'cli', 'created');
  `);
  return db;
}

describe('a store of an earlier version', () => {
  it('keeps its power plans when these learn to wake', () => {
    const db = storeAt(16);
    const cron = '0 22 * * *';
    const add = (action: string) =>
      db.prepare('INSERT INTO power_plans (host_id, action, cron) VALUES (1, ?, ?)').run(action, cron);
    add('shutdown');
    expect(() => add('wol')).toThrow('CHECK');
    migrate(db, migrations);
    add('wol');
    expect(() => add('shutdown')).toThrow('UNIQUE');
    expect(() => add('sleep')).toThrow('CHECK');
    expect(db.prepare('SELECT * FROM power_plans').all()).toEqual([
      { id: 1, host_id: 1, action: 'shutdown', cron },
      { id: 2, host_id: 1, action: 'wol', cron },
    ]);
    db.exec('DELETE FROM hosts');
    expect(db.prepare('SELECT * FROM power_plans').all()).toEqual([]);
  });

  it.each(migrations.map((_, index) => index + 1))('at version %i keeps what is in it', (version) => {
    const db = storeAt(version);
    migrate(db, migrations);
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(db.prepare('SELECT * FROM hosts').get()).toMatchObject({ id: 1, name: 'pc', created_by: 'cli' });
    expect(db.prepare('SELECT * FROM host_macs').get()).toMatchObject({
      mac: '00:11:22:33:44:55',
      host_id: 1,
    });
    expect(db.prepare('SELECT * FROM inventory').get()).toMatchObject({ primary_user: 'Ada' });
    expect(db.prepare('SELECT * FROM tasks').get()).toMatchObject({ id: 7, type_id: 10, state: 1 });
    expect(db.prepare('SELECT * FROM task_transitions').get()).toMatchObject({
      task_id: 7,
      reason: 'created',
    });
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('that cannot be brought up to date is left as it was', () => {
    const db = storeAt(1);
    expect(() => migrate(db, [...migrations, 'ALTER TABLE hosts ADD COLUMN odd TEXT; nonsense'])).toThrow(
      'nonsense',
    );
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(() => db.prepare('SELECT odd FROM hosts')).toThrow('no such column');
  });
});
