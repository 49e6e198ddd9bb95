import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SWAP_MOMENTS, type SwapMoment, type SwapTools } from '#images/generations.js';
import { ImageStore, type ImageStoreOptions, type PublishJournalEntry } from '#images/image-store.js';
import { exchangePaths } from '#native/exchange.js';
import {
  CAPTURE,
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
  temporaryFolder,
  temporaryFolders,
  write,
} from './fixture.js';

temporaryFolders();

const refuseExchange = () => {
  throw Object.assign(new Error('renameat2: EINVAL'), { code: 'EINVAL' });
};
const one = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(captureFiles('one')).map(([name, value]) => [name, value.toString('latin1')]),
  );
const marked = (mark: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(captureFiles(mark)).map(([name, value]) => [name, value.toString('latin1')]),
  );

const image = (root: string) => contents(join(root, 'win11'));
const previous = (root: string) => contents(join(root, '.fogd', 'previous', 'win11'));

async function publish(made: Scene, sessionId: number, mark: string): Promise<void> {
  await capture(made, sessionId, captureFiles(mark));
  await made.store.publish(sessionId, MAC, SHAPE, forgetful);
}

describe('publish', () => {
  it('makes the first generation', async () => {
    const made = await scene();
    await publish(made, 1, 'one');
    expect(image(made.root)).toEqual(one());
    expect(previous(made.root)).toBeUndefined();
    expect(await made.store.published('win11')).toMatchObject({ files: 5 });
    await made.store.deployable(SHAPE);
  });

  it('keeps one generation before', async () => {
    const made = await scene();
    for (const [index, mark] of ['one', 'two', 'three'].entries()) await publish(made, index + 1, mark);
    expect(image(made.root)).toEqual(marked('three'));
    expect(previous(made.root)).toEqual(marked('two'));
    expect(await leftovers(made)).toEqual([]);
  });

  it('takes rights that nobody needs', async () => {
    const made = await scene();
    const folder = await capture(made, 1, captureFiles('one'));
    chmodSync(join(folder, 'd1p1.img'), 0o6777);
    chmodSync(folder, 0o2777);
    await made.store.publish(1, MAC, SHAPE, forgetful);
    expect(statSync(join(made.root, 'win11')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(made.root, 'win11', 'd1p1.img')).mode & 0o7777).toBe(0o644);
  });

  it('writes d1.mbr without holes (spec 11.5: the end of a boot loader was lost)', async () => {
    const made = await scene();
    const sparse = captureFiles('one');
    const folder = await capture(made, 1, sparse);
    const { truncateSync } = await import('node:fs');
    truncateSync(join(folder, 'd1.mbr'), 1 << 20);
    expect(statSync(join(folder, 'd1.mbr')).blocks * 512).toBeLessThan(1 << 20);
    expect(await made.store.publish(1, MAC, SHAPE, forgetful)).toEqual([]);
    const { size, blocks } = statSync(join(made.root, 'win11', 'd1.mbr'));
    expect([size, blocks * 512 >= size]).toEqual([1 << 20, true]);
  });

  it('changes nothing when the capture is damaged', async () => {
    const made = await scene();
    await publish(made, 1, 'one');
    const folder = await capture(made, 2, captureFiles('two'));
    writeFileSync(join(folder, 'd1p2.img.000'), '');
    let begun = false;
    const journal = {
      begin: async () => {
        begun = true;
      },
    };
    await expect(made.store.publish(2, MAC, SHAPE, journal)).rejects.toMatchObject({
      code: 'CAPTURE_DAMAGED',
    });
    expect([begun, image(made.root)]).toEqual([false, one()]);
  });

  it('changes nothing when the journal cannot be written, and can be repeated', async () => {
    const made = await scene();
    await publish(made, 1, 'one');
    await capture(made, 2, captureFiles('two'));
    const full = { begin: () => Promise.reject(new Error('disk full')) };
    await expect(made.store.publish(2, MAC, SHAPE, full)).rejects.toThrow('disk full');
    expect(image(made.root)).toEqual(one());
    await made.store.publish(2, MAC, SHAPE, forgetful);
    expect(image(made.root)).toEqual(marked('two'));
  });

  it('refuses a link in place of the image', async () => {
    const made = await scene();
    await capture(made, 1, captureFiles('one'));
    symlinkSync('/tmp', join(made.root, 'win11'));
    await expect(made.store.publish(1, MAC, SHAPE, forgetful)).rejects.toMatchObject({
      code: 'IMAGE_PLACE_TAKEN',
    });
    expect(lstatSync(join(made.root, 'win11')).isSymbolicLink()).toBe(true);
  });

  it('can be repeated after its success, and does not take the empty folder of a repeated opening for an image', async () => {
    const made = await scene();
    await publish(made, 1, 'one');
    await publish(made, 2, 'two');
    await made.store.openCaptureRoot(2, MAC);
    expect(await made.store.publish(2, MAC, SHAPE, forgetful)).toEqual([]);
    expect([image(made.root), previous(made.root)]).toEqual([marked('two'), one()]);
  });

  it('one after the other when two machines capture the same image', async () => {
    const made = await scene();
    await capture(made, 1, captureFiles('one'));
    await capture(made, 2, captureFiles('two'));
    await Promise.all([1, 2].map((id) => made.store.publish(id, MAC, SHAPE, forgetful)));
    expect([image(made.root), previous(made.root)]).toEqual([marked('two'), one()]);
  });

  it('is not disturbed by what another database left under the same session', async () => {
    const made = await scene();
    write(join(made.root, '.fogd', 'publishing', '1'), captureFiles('foreign'));
    await publish(made, 1, 'one');
    expect([image(made.root), previous(made.root)]).toEqual([one(), undefined]);
  });

  it('without exchange: the old generation comes back when the second rename fails', async () => {
    const root = join(temporaryFolder(), 'images');
    const moment = (name: SwapMoment) => {
      if (name === 'moved-aside') rmSync(join(root, '.fogd', 'publishing', '2'), { recursive: true });
    };
    const made = await scene({ root, tools: { exchange: refuseExchange, moment } });
    await publish(made, 1, 'one');
    await capture(made, 2, captureFiles('two'));
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(image(root)).toEqual(one());
    // Asked again, it says so in words.
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toMatchObject({
      code: 'CAPTURE_LOST',
    });
    expect(image(root)).toEqual(one());
  });

  it('can be repeated after an error in the middle of the swap', async () => {
    let broken = true;
    const moment = (name: SwapMoment) => {
      if (broken && name === 'swap-synced') throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    };
    const made = await scene({ tools: { moment } });
    broken = false;
    await publish(made, 1, 'one');
    await capture(made, 2, captureFiles('two'));
    broken = true;
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toThrow('i/o error');
    broken = false;
    await made.store.publish(2, MAC, SHAPE, forgetful);
    expect([image(made.root), previous(made.root)]).toEqual([marked('two'), one()]);
  });
});

/** The process ends here: nothing after it runs, and the store is made anew. */
class Killed extends Error {}

describe.each<[string, SwapTools['exchange']]>([
  ['with exchange', exchangePaths],
  ['without exchange', refuseExchange],
])('publish %s, killed', (_, exchange) => {
  // Every step that the code has: one without a test cannot be added. What is kept instead of the replaced one: keeping.test.ts.
  const moments = SWAP_MOMENTS.filter(
    (name) => name !== 'replaced-trashed' && (name !== 'moved-aside' || exchange === refuseExchange),
  );

  async function killedAt(
    at: SwapMoment | 'journal',
  ): Promise<{ root: string; journal: PublishJournalEntry[] }> {
    let armed = false;
    const moment = (name: SwapMoment) => {
      if (armed && name === at) throw new Killed();
    };
    const made = await scene({ tools: { exchange, moment } });
    await publish(made, 1, 'zero');
    await publish(made, 2, 'one');
    await capture(made, 3, captureFiles('two'));
    armed = true;
    const journal: PublishJournalEntry[] = [];
    const begin = async (entry: PublishJournalEntry) => {
      if (at === 'journal') throw new Killed();
      journal.push(entry);
    };
    await expect(made.store.publish(3, MAC, SHAPE, { begin })).rejects.toThrow(Killed);
    return { root: made.root, journal };
  }

  it.each(moments)('at %s: a whole generation is in place, and recovery finishes', async (at) => {
    const { root, journal } = await killedAt(at);
    const before = image(root);
    if (at === 'moved-aside') expect(before).toBeUndefined();
    else expect([one(), marked('two')]).toContainEqual(before);
    for (const repeated of [1, 2, 3]) {
      const store = await storeOn(root, { tools: { exchange } });
      expect(await store.recover(journal), `recovery ${repeated}`).toEqual([
        { sessionId: 3, imagePath: 'win11', published: true, received: false },
      ]);
      expect([image(root), previous(root)]).toEqual([marked('two'), one()]);
      // FOS repeats its completion call, the answer was lost.
      expect(await store.publish(3, MAC, SHAPE, forgetful)).toEqual([]);
      await store.sweep(new Set());
      expect(await leftovers({ root, store })).toEqual([]);
    }
  });

  it.each(moments)('at %s, and killed again at every moment of the recovery', async (first) => {
    for (const second of moments) {
      const { root, journal } = await killedAt(first);
      const moment = (name: SwapMoment) => {
        if (name === second) throw new Killed();
      };
      const dying = await storeOn(root, { tools: { exchange, moment } });
      await dying.recover(journal).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      const store = await storeOn(root, { tools: { exchange } });
      await store.recover(journal);
      expect([image(root), previous(root)], `${first}, ${second}`).toEqual([marked('two'), one()]);
    }
  });

  it('before the journal: the old generation is untouched, and the repeated capture completes', async () => {
    const { root } = await killedAt('journal');
    const store = await storeOn(root, { tools: { exchange } });
    expect(await store.recover([])).toEqual([]);
    expect(image(root)).toEqual(one());
    await store.publish(3, MAC, SHAPE, forgetful);
    expect([image(root), previous(root)]).toEqual([marked('two'), one()]);
  });

  it.each(moments)('at %s and the task cancelled: a whole generation stays', async (at) => {
    const { root, journal } = await killedAt(at);
    const store = await storeOn(root, {
      tools: {
        exchange,
        moment: () => {
          throw new Killed();
        },
      },
    });
    // Recovery cannot finish (a disk that fails), then the session is ended.
    await store.recover(journal).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    await store.removeRoot(3).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    expect([one(), marked('two')]).toContainEqual(image(root));
  });

  it('and the new generation is lost: the old one is in place', async () => {
    const { root, journal } = await killedAt(exchange === refuseExchange ? 'moved-aside' : 'staged');
    rmSync(join(root, '.fogd', 'publishing', '3'), { recursive: true });
    const store = await storeOn(root, { tools: { exchange } });
    expect(await store.recover(journal)).toEqual([
      { sessionId: 3, imagePath: 'win11', published: false, received: false },
    ]);
    expect(image(root)).toEqual(one());
  });
});

describe('what the disk says', () => {
  const failing = async (code: string) => {
    const made = await scene({
      tools: {
        exchange: () => {
          throw Object.assign(new Error(code), { code });
        },
      },
    });
    await publish(made, 1, 'one');
    await capture(made, 2, captureFiles('two'));
    return made;
  };

  it.each([
    ['ENOSPC', 'IMAGES_DISK_FULL'],
    ['EDQUOT', 'IMAGES_DISK_FULL'],
    ['EROFS', 'IMAGES_FOLDER_READ_ONLY'],
    ['EACCES', 'IMAGES_FOLDER_READ_ONLY'],
    ['EXDEV', 'IMAGES_SEVERAL_DISKS'],
  ])('%s at the swap: %s, and nothing is lost', async (errno, code) => {
    const made = await failing(errno);
    await expect(made.store.publish(2, MAC, SHAPE, forgetful)).rejects.toMatchObject({ code });
    expect(image(made.root)).toEqual(one());
    await made.store.removeRoot(2);
    expect(image(made.root)).toEqual(one());
  });

  const options: ImageStoreOptions = {
    root: '',
    squash: { uid: 0, gid: 0 },
    ownPlace: true,
    ownerIsRoot: false,
  };

  it('a missing parent', async () => {
    const made = await scene();
    const store = new ImageStore({ ...options, root: join(made.root, 'not', 'there') });
    await expect(store.prepare()).rejects.toMatchObject({ code: 'IMAGES_FOLDER_MISSING' });
  });

  it('a folder that the admin named, and its disk is not mounted', async () => {
    const made = await scene();
    const root = join(made.root, 'mount');
    const store = new ImageStore({ ...options, root, ownPlace: false });
    await expect(store.prepare()).rejects.toMatchObject({ code: 'IMAGES_FOLDER_MISSING' });
    mkdirSync(root);
    await expect(store.prepare(true)).rejects.toMatchObject({ code: 'IMAGES_FOLDER_EMPTY' });
    await expect(store.openPlainRoot(1)).rejects.toMatchObject({ code: 'IMAGES_FOLDER_EMPTY' });
    expect(readdirSync(root)).toEqual([]);
    await store.prepare(false);
    await store.openPlainRoot(1);
  });

  it('a folder that went away', async () => {
    const made = await scene();
    await capture(made, 1, captureFiles('one'));
    rmSync(made.root, { recursive: true });
    const code = 'IMAGES_FOLDER_MISSING';
    await expect(made.store.freeBytes()).rejects.toMatchObject({ code });
    await expect(made.store.captured(1, MAC, SHAPE)).rejects.toMatchObject({ code });
    await expect(made.store.publish(1, MAC, SHAPE, forgetful)).rejects.toMatchObject({ code });
    await expect(made.store.openPlainRoot(2)).rejects.toMatchObject({ code });
  });

  it('removes an image with its previous generation, and nothing where there is none', async () => {
    const made = await scene();
    await publish(made, 1, 'one');
    await publish(made, 2, 'two');
    mkdirSync(join(made.root, 'other'));
    await made.store.remove('win11');
    await made.store.remove('win11');
    expect([image(made.root), previous(made.root), await leftovers(made)]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect(readdirSync(made.root)).toContain('other');
    expect(readdirSync(join(made.root, '.fogd', 'sessions'))).toEqual(['1', '2']);
    expect(contents(join(made.root, '.fogd', 'sessions', '1', CAPTURE))).toBeUndefined();
  });
});
