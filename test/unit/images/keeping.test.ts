import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SWAP_MOMENTS, type SwapTools } from '#images/generations.js';
import type { PublishJournalEntry } from '#images/image-store.js';
import { ROLLBACK_MOMENTS, type RollbackMoment } from '#images/rollback.js';
import { exchangePaths } from '#native/exchange.js';
import {
  capture,
  captureFiles,
  contents,
  forgetful,
  leftovers,
  MAC,
  type Scene,
  SHAPE,
  scene,
  storeOn,
  temporaryFolders,
} from './fixture.js';

temporaryFolders();

class Killed extends Error {}

const refuseExchange = () => {
  throw Object.assign(new Error('renameat2: EINVAL'), { code: 'EINVAL' });
};
/** What tells the generations of `captureFiles` apart. */
const mark = (folder: string) => contents(folder)?.['d1p2.img']?.replace(/^.*\0/s, '').slice(-5);
const image = (root: string) => mark(join(root, 'win11'));
const previous = (root: string) => mark(join(root, '.fogd', 'previous', 'win11'));
const markOf = (name: string) => captureFiles(name)['d1p2.img']?.toString('latin1').slice(-5);

async function publish(made: Scene, sessionId: number, name: string): Promise<void> {
  await capture(made, sessionId, captureFiles(name));
  await made.store.publish(sessionId, MAC, SHAPE, forgetful);
}

describe.each<[string, SwapTools['exchange']]>([
  ['with exchange', exchangePaths],
  ['without exchange', refuseExchange],
])('%s', (_, exchange) => {
  const swapMoments = SWAP_MOMENTS.filter(
    (name) =>
      !['previous-trashed', 'kept', 'kept-synced'].includes(name) &&
      (name !== 'moved-aside' || exchange === refuseExchange),
  );

  it.each(swapMoments)(
    'a publish that keeps the one before, killed at %s: the verified one is never lost, the new one comes',
    async (at) => {
      let armed = false;
      const moment = (name: string) => {
        if (armed && name === at) throw new Killed();
      };
      const made = await scene({ tools: { exchange, moment } });
      await publish(made, 1, 'good1');
      await publish(made, 2, 'what2');
      await capture(made, 3, captureFiles('new_3'));
      armed = true;
      const journal: PublishJournalEntry[] = [];
      const begin = async (entry: PublishJournalEntry) => void journal.push(entry);
      await expect(made.store.publish(3, MAC, SHAPE, { begin, keepsPrevious: true })).rejects.toThrow(Killed);
      expect(previous(made.root)).toBe(markOf('good1'));
      const store = await storeOn(made.root, { tools: { exchange } });
      expect(await store.recover(journal)).toMatchObject([{ published: true }]);
      expect([image(made.root), previous(made.root)]).toEqual([markOf('new_3'), markOf('good1')]);
      await store.sweep(new Set());
      expect(await leftovers({ root: made.root, store })).toEqual([]);
    },
  );

  it.each(['begun', 'staged'] as const)(
    'a capture that waits to be verified, killed at %s: the image is as it was, and the capture waits after the start',
    async (at) => {
      let armed = false;
      const moment = (name: string) => {
        if (armed && name === at) throw new Killed();
      };
      const made = await scene({ tools: { exchange, moment } });
      await publish(made, 1, 'one_1');
      await capture(made, 2, captureFiles('two_2'));
      armed = true;
      const journal: PublishJournalEntry[] = [];
      const begin = async (entry: PublishJournalEntry) => void journal.push(entry);
      await expect(made.store.publish(2, MAC, SHAPE, { begin, waits: true })).rejects.toThrow(Killed);
      for (const repeated of [1, 2]) {
        const store = await storeOn(made.root, { tools: { exchange } });
        const outcome = { sessionId: 2, imagePath: 'win11', published: false, received: true };
        expect(await store.recover(journal), `start ${repeated}`).toEqual([outcome]);
        expect(image(made.root)).toBe(markOf('one_1'));
        await store.removeRoot(2);
        await store.sweep(new Set());
        const [entry] = journal;
        expect(entry && mark(store.receivedFolder(entry))).toBe(markOf('two_2'));
      }
      const store = await storeOn(made.root, { tools: { exchange } });
      const [entry] = journal;
      if (!entry) throw new Error('nothing was written down');
      expect(await store.publishReceived(entry)).toBe(true);
      expect([image(made.root), previous(made.root)]).toEqual([markOf('two_2'), markOf('one_1')]);
    },
  );

  const rollbackMoments = ROLLBACK_MOMENTS.filter(
    (name) => exchange === refuseExchange || !['rollback-aside', 'rollback-placed'].includes(name),
  );

  it.each(rollbackMoments)('a rollback killed at %s leaves both generations, each in a place', async (at) => {
    const rollbackMoment = (name: RollbackMoment) => {
      if (name === at) throw new Killed();
    };
    const made = await scene({ tools: { exchange, rollbackMoment } });
    await publish(made, 1, 'one_1');
    await publish(made, 2, 'two_2');
    await expect(made.store.rollback('win11')).rejects.toThrow(Killed);
    const store = await storeOn(made.root, { tools: { exchange } });
    const found = [image(made.root), previous(made.root)];
    expect([...found].sort()).toEqual([markOf('one_1'), markOf('two_2')].sort());
    expect(await leftovers(made)).toEqual([]);
    await store.rollback('win11');
    expect([image(made.root), previous(made.root)]).toEqual(found.reverse());
  });

  it('a rollback changes places, and a second one undoes it', async () => {
    const made = await scene({ tools: { exchange } });
    await expect(made.store.rollback('win11')).rejects.toMatchObject({ code: 'NO_PREVIOUS_GENERATION' });
    await publish(made, 1, 'one_1');
    await expect(made.store.rollback('win11')).rejects.toMatchObject({ code: 'NO_PREVIOUS_GENERATION' });
    await publish(made, 2, 'two_2');
    const before = await made.store.folders('win11');
    await made.store.rollback('win11');
    expect(await made.store.folders('win11')).toEqual({ current: before.previous, previous: before.current });
    expect(image(made.root)).toBe(markOf('one_1'));
    await made.store.rollback('win11');
    expect(image(made.root)).toBe(markOf('two_2'));
  });
});
