import { spawnSync } from 'node:child_process';
import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PublishJournalEntry } from '#images/image-store.js';
import { exchangePaths } from '#native/exchange.js';
import {
  CAPTURE,
  captureFiles,
  contents,
  storeOn,
  temporaryFolder,
  temporaryFolders,
  threeGenerations,
} from '../../unit/images/fixture.js';
import type { DiskOperation } from './recorder.js';

/**
 * The power goes at any moment of a publish or a rollback. What a process did to the disk is replayed on a copy of the disk as it was, as
 * far as a crash may have kept it: names in the order in which they were changed (a journalling file system), up to any point behind the last
 * fsync that covers them; of files only what was fsynced. Then fogd starts.
 */
temporaryFolders();

const recorder = fileURLToPath(new URL('recorder.js', import.meta.url));
const text = (mark: string) =>
  Object.fromEntries(
    Object.entries(captureFiles(mark)).map(([name, value]) => [name, value.toString('latin1')]),
  );

/** What was done, and the disk as it was before. */
async function record(how: string, work: string): Promise<{ before: string; operations: DiskOperation[] }> {
  const { root } = await threeGenerations();
  const before = join(temporaryFolder(), 'before');
  cpSync(root, before, { recursive: true });
  const log = join(temporaryFolder(), 'log');
  const { status, stderr } = spawnSync(process.execPath, [recorder, root, log, how, work], {
    timeout: 120_000,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  // Before the empty line is what every start does.
  const lines = readFileSync(log, 'utf8').split('\n\n').at(-1)?.trim().split('\n') ?? [];
  return { before, operations: lines.map((line) => JSON.parse(line) as DiskOperation) };
}

const isName = ({ op }: DiskOperation): boolean => !['sync', 'begun', 'done'].includes(op);
const touches = (operation: DiskOperation, folder: string): boolean =>
  [operation.path, ...('to' in operation ? [operation.to] : [])].some(
    (path) => path === folder || dirname(path) === (folder === '' ? '.' : folder),
  );

/** How many operations a crash after `time` of them has kept at least: all up to the last that an fsync covered. */
function keptAtLeast(operations: readonly DiskOperation[], time: number): number {
  let least = 0;
  for (const [at, operation] of operations.slice(0, time).entries()) {
    if (operation.op !== 'sync') continue;
    for (let index = at; index >= least; index--) {
      const one = operations[index];
      if (one && isName(one) && touches(one, operation.path)) {
        least = index + 1;
        break;
      }
    }
  }
  return least;
}

function replay(operation: DiskOperation, root: string): void {
  const path = join(root, operation.path);
  if (operation.op === 'sync' && operation.content !== undefined)
    writeFileSync(path, Buffer.from(operation.content, 'base64'));
  else if (operation.op === 'create') writeFileSync(path, '');
  else if (operation.op === 'mkdir') mkdirSync(path, { recursive: true });
  else if (operation.op === 'unlink') unlinkSync(path);
  else if (operation.op === 'rmdir') rmdirSync(path);
  else if (operation.op === 'rename') renameSync(path, join(root, operation.to));
  else if (operation.op === 'link') linkSync(path, join(root, operation.to));
  else if (operation.op === 'exchange') exchangePaths(path, join(root, operation.to));
}

/** The disk after a crash, and what the store's journal says. */
function crash(
  before: string,
  operations: readonly DiskOperation[],
  time: number,
  kept: number,
): { root: string; journal: PublishJournalEntry[]; isDone: boolean } {
  const root = join(temporaryFolder(), 'images');
  cpSync(before, root, { recursive: true });
  const captured = join(root, '.fogd', 'sessions', '3', CAPTURE);
  for (const name of Object.keys(contents(captured) ?? {})) truncateSync(join(captured, name), 0);
  const inode = String(statSync(captured).ino);
  const journal: PublishJournalEntry[] = [];
  for (const [at, operation] of operations.slice(0, time).entries()) {
    if (operation.op === 'begun')
      journal.push({ ...(JSON.parse(operation.entry) as PublishJournalEntry), inode });
    else if (!isName(operation) || at < kept) replay(operation, root);
  }
  const isDone = operations.slice(0, time).some(({ op }) => op === 'done');
  // The caller ends the entry then, durably, and answers the machine; that of a generation that waits stays.
  const isOver = isDone && !journal.some(({ waits }) => waits);
  return { root, journal: isOver ? [] : journal, isDone };
}

describe('the power goes', () => {
  it.each([
    ['exchange', 'publish'],
    ['renames', 'publish'],
    ['exchange', 'keep'],
    ['renames', 'keep'],
    ['exchange', 'wait'],
    ['exchange', 'rollback'],
    ['renames', 'rollback'],
  ])('at any moment (%s, %s): a whole generation is in place after the next start', async (how, work) => {
    const { before, operations } = await record(how, work);
    expect(operations.at(-1)?.op).toBe('done');
    const seen = new Set<string>();
    for (let time = 0; time <= operations.length; time++) {
      for (let kept = keptAtLeast(operations, time); kept <= time; kept++) {
        const state = JSON.stringify(
          operations.slice(0, time).filter((one, at) => !isName(one) || at < kept),
        );
        if (seen.has(state)) continue;
        seen.add(state);
        const { root, journal, isDone } = crash(before, operations, time, kept);
        const store = await storeOn(root);
        const [outcome] = await store.recover(journal);
        await store.sweep(new Set([3]));
        const image = contents(join(root, 'win11'));
        const previous = contents(join(root, '.fogd', 'previous', 'win11'));
        const where = `after ${time} operations, of whose names ${kept} were kept`;
        if (work === 'rollback') {
          const isBack = image?.['d1p1.img'] === text('one')['d1p1.img'];
          expect(image, where).toEqual(text(isBack ? 'one' : 'two'));
          expect(previous, where).toEqual(text(isBack ? 'two' : 'one'));
          if (isDone) expect(isBack, where).toBe(true);
        } else if (work === 'wait') {
          expect([image, previous], where).toEqual([text('two'), text('one')]);
          const [entry] = journal;
          if (isDone) expect(outcome?.received, where).toBe(true);
          if (outcome?.received && entry)
            expect(contents(store.receivedFolder(entry)), where).toEqual(text('three'));
        } else {
          const isNew = image?.['d1p1.img'] === text('three')['d1p1.img'];
          expect(image, where).toEqual(text(isNew ? 'three' : 'two'));
          expect(previous, where).toEqual(text(isNew && work === 'publish' ? 'two' : 'one'));
          // The machine was told that all is well.
          if (isDone) expect(isNew, where).toBe(true);
        }
        rmSync(dirname(root), { recursive: true });
      }
    }
    expect(seen.size).toBeGreaterThan(operations.length);
  });
}, 600_000);

describe('the disk', () => {
  it.each([
    ['ENOSPC', 'IMAGES_DISK_FULL', 'exchange', 'publish'],
    ['ENOSPC', 'IMAGES_DISK_FULL', 'renames', 'publish'],
    ['EROFS', 'IMAGES_FOLDER_READ_ONLY', 'exchange', 'publish'],
    ['EIO', 'EIO', 'exchange', 'publish'],
  ])(
    'says %s at any write (%s; %s, %s): the old generation or the new one, and the next try completes',
    async (code, told, how, work) => {
      const { root: base } = await threeGenerations();
      for (let failing = 0; ; failing++) {
        const root = join(temporaryFolder(), 'images');
        cpSync(base, root, { recursive: true });
        const log = join(temporaryFolder(), 'log');
        const { status, stderr } = spawnSync(
          process.execPath,
          [recorder, root, log, how, work, String(failing), code],
          {
            timeout: 120_000,
            encoding: 'utf8',
          },
        );
        if (status === 2) {
          expect(failing).toBeGreaterThan(8);
          break;
        }
        const where = `operation ${failing}: ${stderr}`;
        expect(status, where).toBe(0);
        const operations = readFileSync(log, 'utf8').split('\n\n').at(-1)?.trim().split('\n') ?? [];
        const failed = operations
          .map((line) => JSON.parse(line) as DiskOperation)
          .find((one) => one.op === 'failed');
        const content = Buffer.from(failed?.content ?? '', 'base64').toString('latin1');
        // Without one the publish got along by another way.
        if (failed) {
          expect([text('two')['d1p1.img'], text('three')['d1p1.img']], where).toContain(content);
          expect(failed.code, where).toBe(told);
        }
        expect(contents(join(root, 'win11')), where).toEqual(text('three'));
        expect(contents(join(root, '.fogd', 'previous', 'win11')), where).toEqual(text('two'));
        rmSync(dirname(root), { recursive: true });
      }
    },
  );
}, 600_000);
