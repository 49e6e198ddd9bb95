import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Checkpointer } from '#store/checkpointer.js';
import { VirtualClock } from '../virtual-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a thread that could not begin is followed by another: the log grew until the next start of fogd', async () => {
  const file = join(folder, 'not there yet', 'fogd.sqlite');
  const troubles: string[] = [];
  const checkpointer = new Checkpointer(file, new VirtualClock(), (reason) => troubles.push(reason));
  await checkpointer.run();
  expect(troubles).toEqual([expect.stringContaining('directory does not exist')]);

  mkdirSync(join(folder, 'not there yet'));
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (x)');
  const before = statSync(file).size;
  await checkpointer.run();
  expect(statSync(file).size).toBeGreaterThan(before);
  expect(troubles).toHaveLength(1);
  await checkpointer.close();
  db.close();
});
