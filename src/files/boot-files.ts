import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '#daemon/clock.js';
import { ChunkCache } from './chunk-cache.js';
import { fileErrors } from './errors.js';
import { fileName } from './file-name.js';
import { nearestName } from './nearest-name.js';
import { openRooted, type Root, type RootedFile, rootedPath, rootedPathSync } from './rooted-path.js';
import { Gate, SharedFile } from './shared-file.js';

const CACHE_BYTES = 64 * 1024 * 1024;
/** Reads under way at once; each holds one piece in memory. */
const READS_AT_ONCE = 8;
/** Files being looked up at once; each may hold a descriptor until it is found to be open already. */
const OPENINGS_AT_ONCE = 256;
/** A listing for suggestions: how far and how long it is good, and how many suggestions it may cost under a flood of missing names. */
const LISTED_NAMES = 1000;
const LISTED_DEPTH = 3;
const LISTING_MS = 5_000;
const SUGGESTIONS_PER_LISTING = 50;
/** How long it is known whether a file is there, and of how many names: settings name only a few. */
const KNOWN_MS = 500;
const KNOWN_NAMES = 256;

export type BootFile = Omit<RootedFile, 'ok'>;

/** A boot file opened for sending. Its content is that of the moment it was opened. `close` it, once or more. */
export interface OpenBootFile extends BootFile {
  /** The bytes at once when they are in memory, else undefined: then `read` them. */
  cached(offset: number, length: number): Buffer | undefined;
  /** Rejects with FILE_CHANGED when somebody wrote into the file since it was opened. Pieces of up to `chunkBytes` at its multiples cost no copy. */
  read(offset: number, length: number): Promise<Buffer>;
  readonly chunkBytes: number;
  close(): void;
}

export interface BootFilesOptions {
  /** Memory for hot files, in bytes. */
  readonly cacheBytes?: number;
  /** Bytes of the pieces in which files are read and sent: each who is sent one holds two of them at most. Default 1 MiB. */
  readonly chunkBytes?: number;
  readonly clock?: Clock;
}

/** Why `open` found nothing; for the decision record and the client's screen. */
export interface WhyNot {
  readonly kind: 'missing' | 'refused';
  /** A sentence that names the file. */
  readonly reason: string;
  /** The existing name most like the missing one. */
  readonly nearest?: string;
}

/**
 * The read-only store of boot loaders, kernel and init, for TFTP and HTTP alike: an ordered list of folders, of which the first that has a
 * name wins. Names are taken as clients write them (file-name.ts) and never lead outside a folder (rooted-path.ts).
 */
export class BootFiles {
  readonly #roots: readonly Root[];
  readonly #cache: ChunkCache;
  readonly #gate = new Gate(READS_AT_ONCE);
  readonly #openings = new Gate(OPENINGS_AT_ONCE);
  readonly #clock: Clock;
  readonly #chunkBytes: number | undefined;
  readonly #shared = new Map<string, SharedFile>();
  readonly #known = new Map<string, { readonly has: boolean; readonly until: number }>();
  #listing: { until: number; left: number; names: Promise<string[]> } | undefined;

  constructor(roots: readonly (string | Root)[], options: BootFilesOptions = {}) {
    this.#roots = roots.map((root) => (typeof root === 'string' ? { folder: root } : root));
    this.#cache = new ChunkCache(options.cacheBytes ?? CACHE_BYTES);
    this.#clock = options.clock ?? systemClock;
    this.#chunkBytes = options.chunkBytes;
  }

  /** Bytes of files held in memory. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /**
   * Whether a file would be served under this name, as it was half a second ago at the earliest: for DHCP, which answers at once, and to
   * which a thousand machines that are switched on together name the same few files.
   */
  has(name: string): boolean {
    const now = this.#clock.now();
    const known = this.#known.get(name);
    if (known !== undefined && now < known.until && now >= known.until - KNOWN_MS) return known.has;
    if (this.#known.size >= KNOWN_NAMES) this.#known.clear();
    const has = this.#looksUp(name);
    this.#known.set(name, { has, until: now + KNOWN_MS });
    return has;
  }

  /** Two system calls a folder. */
  #looksUp(name: string): boolean {
    for (const root of this.#roots) {
      const found = rootedPathSync(root, name);
      if (found.ok) return true;
      if (found.kind === 'refused') return false;
    }
    return false;
  }

  /** Undefined when there is no such file; `explain` says why. Rejects only for faults of the machine (EIO, EMFILE …). */
  open(name: string): Promise<OpenBootFile | undefined> {
    return this.#openings.run(() => this.#open(name));
  }

  async #open(name: string): Promise<OpenBootFile | undefined> {
    for (const root of this.#roots) {
      const opened = await openRooted(root, name);
      if (!opened.ok) {
        // A link out of an earlier folder is a mistake to be told, not to be papered over by a later folder.
        if (opened.kind === 'refused') return undefined;
        continue;
      }
      let shared = this.#shared.get(opened.identity);
      if (shared) {
        await opened.handle.close();
        // Its last user may have left during that close.
        shared = this.#shared.get(opened.identity);
        if (!shared) return this.#open(name);
      } else {
        shared = new SharedFile(opened, this.#cache, this.#gate, this.#chunkBytes);
        this.#shared.set(opened.identity, shared);
      }
      return this.#use(shared, opened.name);
    }
    return undefined;
  }

  async explain(name: string): Promise<WhyNot> {
    const plain = fileName(name);
    if (!plain.ok) return { kind: 'refused', reason: `the name ${plain.reason}` };
    for (const root of this.#roots) {
      const found = await rootedPath(root, plain.name);
      if (!found.ok && found.kind === 'refused')
        return { kind: 'refused', reason: `${plain.name} ${found.reason}` };
    }
    const nearest = await this.#nearest(plain.name);
    const reason = `${plain.name} is not among the boot files`;
    return nearest === undefined ? { kind: 'missing', reason } : { kind: 'missing', reason, nearest };
  }

  #use(shared: SharedFile, name: string): OpenBootFile {
    shared.users++;
    let isOpen = true;
    const { path, size, mtimeMs } = shared.file;
    const { chunkBytes } = shared;
    const check = (): void => {
      if (!isOpen) throw fileErrors.FILE_CLOSED({ name });
    };
    return {
      name,
      path,
      size,
      mtimeMs,
      chunkBytes,
      cached: (offset, length) => {
        check();
        const bytes = shared.cached(offset, length);
        // Past the middle of a piece the next one is fetched, so that a steady sender never waits.
        if (bytes && offset % chunkBytes > chunkBytes / 2) shared.prefetch(offset + chunkBytes / 2);
        return bytes;
      },
      read: async (offset, length) => {
        check();
        return shared.read(offset, length);
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        if (--shared.users > 0) return;
        this.#shared.delete(shared.file.identity);
        // Nothing was written through it: there is nobody to tell of a failed close.
        shared.close().catch(() => undefined);
      },
    };
  }

  /** The name that differs from this one in capital and small letters only, for clients that do not know the difference. */
  async inOtherCase(name: string): Promise<string | undefined> {
    const plain = fileName(name);
    if (!plain.ok) return undefined;
    const wanted = plain.name.toLowerCase();
    return (await this.#names().names).find((one) => one.toLowerCase() === wanted);
  }

  async #nearest(name: string): Promise<string | undefined> {
    const listing = this.#names();
    if (listing.left-- <= 0) return undefined;
    return nearestName(name, await listing.names);
  }

  #names(): { left: number; readonly names: Promise<string[]> } {
    const now = this.#clock.now();
    if (!this.#listing || now >= this.#listing.until) {
      this.#listing = { until: now + LISTING_MS, left: SUGGESTIONS_PER_LISTING, names: this.#list() };
    }
    return this.#listing;
  }

  async #list(): Promise<string[]> {
    const names = new Set<string>();
    const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
      // A folder that cannot be listed has no names to offer.
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (names.size >= LISTED_NAMES || entry.name.startsWith('.')) continue;
        if (!entry.isDirectory()) names.add(prefix + entry.name);
        else if (depth > 1) await visit(join(folder, entry.name), `${prefix}${entry.name}/`, depth - 1);
      }
    };
    for (const { folder } of this.#roots) await visit(folder, '', LISTED_DEPTH);
    return [...names];
  }
}
