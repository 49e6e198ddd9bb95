import { join } from 'node:path';
import { imageErrors } from './errors.js';
import { entryAt } from './folder-listing.js';
import {
  abandonSwap,
  type PublishJournalEntry,
  receiveGeneration,
  type SwapTools,
  swapGeneration,
} from './generations.js';
import type { CapturedPartition } from './image-check.js';
import type { ImageLocks } from './image-locks.js';
import { captureFolder } from './image-path.js';
import type { ImageShape } from './image-shape.js';
import type { ImagesLayout } from './layout.js';
import { moveToTrash } from './remove-tree.js';
import type { Owner } from './session-roots.js';
import { settleFiles } from './settle-files.js';

export interface Captured {
  readonly files: number;
  readonly bytes: number;
  readonly partitions: readonly CapturedPartition[];
  /** Identity of the folder, opaque. */
  readonly inode: string;
  /** Bytes of a sector of the captured disk. */
  readonly sectorSize: number;
}

/** Kept by the caller: what is begun here is given to `recover` at the next start, unless the caller has removed it by then. */
export interface PublishJournal {
  /** See PublishJournalEntry; default false. */
  readonly keepsPrevious?: boolean;
  /** See PublishJournalEntry; default false. */
  readonly waits?: boolean;
  /** Resolves when the entry is durable. May come again for a session: it then replaces the entry. */
  begin(
    entry: PublishJournalEntry & { readonly clientBytes: number; readonly serverBytes: number },
  ): Promise<void>;
}

export interface PublishOutcome {
  readonly sessionId: number;
  readonly imagePath: string;
  /** False: the new generation is gone, and the image is what it was before. */
  readonly published: boolean;
  /** It is whole, and waits to be verified. */
  readonly received: boolean;
}

export interface PublishingOptions {
  /** Where everything lies now: the folder may come back as another one. */
  readonly layout: () => ImagesLayout;
  readonly locks: ImageLocks;
  readonly tools: SwapTools;
  /** Whose the files of an image become, where fogd may give them away. */
  readonly owner: Owner | undefined;
  readonly check: (sessionId: number, mac: string, shape: ImageShape) => Promise<Captured>;
}

/** The way of a capture into the place of its image: what of it was begun, what is done, and what a killed fogd left (docs/adr/0009). */
export class Publishing {
  /** Publishes that were begun and not brought to an end, by session. */
  readonly #unfinished = new Map<number, PublishJournalEntry>();
  /** Sessions whose capture is in place: FOS repeats a completion whose answer was lost, and so may our caller after an error. */
  readonly #published = new Set<number>();

  constructor(private readonly options: PublishingOptions) {}

  /**
   * Makes a capture the image: checked, on the disk, written down in the journal, exchanged with the generation that was there, which is
   * kept. Repeatable after any error. Returns what a person should know. Throws CAPTURE_DAMAGED, CAPTURE_LOST, IMAGE_PLACE_TAKEN and what
   * the disk says; the old generation is then unchanged.
   */
  publish(sessionId: number, mac: string, shape: ImageShape, journal: PublishJournal): Promise<string[]> {
    const { layout, locks, tools, owner, check } = this.options;
    return locks.session(sessionId, shape.path, async () => {
      if (this.#published.has(sessionId)) return [];
      let warnings: string[] = [];
      let entry = this.#unfinished.get(sessionId);
      if (!entry) {
        const target = await entryAt(layout().image(shape.path));
        if (target && !target.isDirectory()) throw imageErrors.IMAGE_PLACE_TAKEN({ image: shape.path });
        const captured = await check(sessionId, mac, shape);
        const session = layout().session(sessionId);
        warnings = await settleFiles(join(session, captureFolder(mac)), owner, join(session, '.d1.mbr'));
        const { keepsPrevious = false, waits = false } = journal;
        entry = { sessionId, imagePath: shape.path, inode: captured.inode, keepsPrevious, waits };
        const clientBytes = captured.partitions.reduce((sum, partition) => sum + partition.clientBytes, 0);
        await journal.begin({ ...entry, clientBytes, serverBytes: captured.bytes });
        this.#unfinished.set(sessionId, entry);
      }
      const isThere = entry.waits
        ? (await receiveGeneration(layout(), entry, tools)) !== 'gone'
        : await swapGeneration(layout(), entry, tools);
      this.#unfinished.delete(sessionId);
      if (!isThere) throw imageErrors.CAPTURE_LOST({ image: shape.path });
      this.#published.add(sessionId);
      return warnings;
    });
  }

  /** Gives a generation that waited the place of its image. False: its files are gone, and the image is what it was before. */
  publishReceived(entry: PublishJournalEntry): Promise<boolean> {
    const { layout, locks, tools } = this.options;
    return locks.image(entry.imagePath, () => swapGeneration(layout(), entry, tools));
  }

  /** Removes a generation that waited. */
  async dropReceived({ sessionId, imagePath }: PublishJournalEntry): Promise<void> {
    const { layout, locks } = this.options;
    await locks.image(imagePath, () => moveToTrash(layout().stage(sessionId), layout().trash));
  }

  /** Finishes the publishes that a killed fogd left; to be called at start, before `sweep` and before anything is served. */
  async recover(journal: readonly PublishJournalEntry[]): Promise<PublishOutcome[]> {
    const { layout, locks, tools } = this.options;
    for (const { sessionId, imagePath, inode, keepsPrevious, waits } of journal)
      this.#unfinished.set(sessionId, { sessionId, imagePath, inode, keepsPrevious, waits });
    const outcomes: PublishOutcome[] = [];
    for (const entry of journal) {
      const { sessionId, imagePath } = entry;
      const outcome = await locks.session(sessionId, imagePath, async () => {
        const received = entry.waits ? await receiveGeneration(layout(), entry, tools) : undefined;
        if (received === 'received') return { published: false, received: true };
        return { published: await swapGeneration(layout(), entry, tools), received: false };
      });
      this.#unfinished.delete(sessionId);
      if (outcome.published || outcome.received) this.#published.add(sessionId);
      outcomes.push({ sessionId, imagePath, ...outcome });
    }
    return outcomes;
  }

  /** Of a session that ends; a publish of it that could not be finished is taken back. Its lock is held by the caller. */
  async forget(sessionId: number): Promise<void> {
    const { layout, locks, tools } = this.options;
    const entry = this.#unfinished.get(sessionId);
    if (entry) await locks.image(entry.imagePath, () => abandonSwap(layout(), entry, tools));
    this.#unfinished.delete(sessionId);
    this.#published.delete(sessionId);
  }
}
