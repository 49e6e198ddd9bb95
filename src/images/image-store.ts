import { constants, realpathSync } from 'node:fs';
import { access, mkdir, realpath, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { syncFolder } from '#files/sync-folder.js';
import { exchangePaths } from '#native/exchange.js';
import { imageErrors } from './errors.js';
import { onDisk } from './file-errors.js';
import type { CopyProgress, FolderCopy } from './folder-copy.js';
import { entryAt, listFolder } from './folder-listing.js';
import { inodeOf, type PublishJournalEntry, type SwapTools } from './generations.js';
import { checkCapture, checkDeployable } from './image-check.js';
import { type ImagePartition, partitionsOf } from './image-contents.js';
import { ImageLocks } from './image-locks.js';
import { captureFolder } from './image-path.js';
import type { ImageShape } from './image-shape.js';
import { type Imported, importImage, removeHalfImports } from './import-image.js';
import { ImagesLayout } from './layout.js';
import { type Captured, Publishing, type PublishJournal, type PublishOutcome } from './publishing.js';
import { emptyTrash, moveToTrash, regain } from './remove-tree.js';
import { mendRollbacks, type RollbackMoment, rollBack } from './rollback.js';
import { type DeployRoot, type Owner, type Roots, SessionRoots } from './session-roots.js';
import { SharedRoots } from './shared-roots.js';

export type { PublishJournalEntry } from './generations.js';
export type { CapturedPartition } from './image-check.js';
export type { ImageShape } from './image-shape.js';
export type { Imported } from './import-image.js';
export type { Captured, PublishJournal, PublishOutcome } from './publishing.js';

export interface ImageStoreOptions {
  /** The images folder. */
  readonly root: string;
  /** True for fogd's own place, which is made; a folder that the admin named must be there, or its disk is not mounted. */
  readonly ownPlace: boolean;
  /** Whom the NFS server turns every client into. */
  readonly squash: Owner;
  /** True where fogd runs as root and can give files away; else it runs as the squashed user itself. */
  readonly ownerIsRoot: boolean;
  /** All machines share the same folders, which fogd's own NFS server serves or another host. Default: each session has a root of its own. */
  readonly shared?: 'own' | 'elsewhere';
  /** For tests: another exchange, and an end at any moment of a swap or a rollback. */
  readonly tools?: Partial<SwapTools> & { readonly rollbackMoment?: (moment: RollbackMoment) => void };
}

export interface PublishedImage {
  readonly bytes: number;
  /** Milliseconds since 1970; the newest file. */
  readonly changedAt: number;
  readonly files: number;
}

/** Inodes of the folders of an image's generations; undefined where there is none. */
export interface GenerationFolders {
  readonly current: string | undefined;
  readonly previous: string | undefined;
}

/** FOG image folders on disk: the NFS roots of boot sessions, and the way of a capture into the place of its image (docs/adr/0009). */
export class ImageStore {
  #layout: ImagesLayout;
  #roots: Roots;
  readonly #tools: SwapTools;
  readonly #locks: ImageLocks;
  readonly #publishing: Publishing;
  /** Of imports that are at work. */
  readonly #copies = new Set<FolderCopy>();
  /** Why the folder cannot be used, by the last look at it. */
  #trouble: unknown;
  constructor(private readonly options: ImageStoreOptions) {
    this.#tools = { exchange: exchangePaths, ...options.tools };
    this.#locks = new ImageLocks(options.root);
    this.#layout = new ImagesLayout(realIfThere(options.root));
    this.#roots = this.#makeRoots();
    this.#publishing = new Publishing({
      layout: () => this.#layout,
      locks: this.#locks,
      tools: this.#tools,
      owner: this.#ownOwner(),
      check: (sessionId, mac, shape) => this.#check(sessionId, mac, shape),
    });
  }

  /**
   * Makes the folder usable. `inUse`: it had images already, so that one without them is another disk's. Throws IMAGES_FOLDER_MISSING,
   * IMAGES_FOLDER_EMPTY, IMAGES_FOLDER_READ_ONLY, IMAGES_DISK_FULL, IMAGES_SEVERAL_DISKS; until it succeeds, no root can be opened.
   */
  async prepare(inUse = false): Promise<void> {
    try {
      await onDisk(this.options.root, () => this.#prepare(inUse));
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error;
      throw error;
    }
  }

  async #prepare(inUse: boolean): Promise<void> {
    const { root, ownPlace } = this.options;
    if (ownPlace) await makeFolder(root);
    this.#layout = new ImagesLayout(await realpath(root));
    this.#roots = this.#makeRoots();
    const { hidden, sessions, previous, publishing, recovered, trash } = this.#layout;
    await access(this.#layout.root, constants.R_OK | constants.W_OK | constants.X_OK);
    if (inUse && !(await entryAt(hidden))) throw imageErrors.IMAGES_FOLDER_EMPTY({ folder: root });
    for (const folder of [hidden, sessions, previous, publishing, recovered, trash]) await makeFolder(folder);
    // All of it may be there already, on a disk that is read-only or full by now.
    const probe = join(hidden, 'probe');
    await writeFile(probe, 'fogd\n');
    await unlink(probe);
    if ((await stat(sessions)).dev !== (await stat(this.#layout.root)).dev)
      throw imageErrors.IMAGES_SEVERAL_DISKS({ folder: root });
    await this.#roots.prepare();
    await mendRollbacks(this.#layout);
    await removeHalfImports(this.#layout);
    await syncFolder(hidden);
    await syncFolder(this.#layout.root);
  }

  /** Throws SCRIPTS_UNSAFE where the scripts of the admin could be changed by others: no root is opened then. */
  async checkScripts(): Promise<void> {
    await this.#onDisk(() => this.#roots.checkScripts());
  }

  /** Bytes that fogd may still write. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await onDisk(this.options.root, () => statfs(this.#layout.root));
    return bavail * bsize;
  }

  /** Undefined where there is no folder for that image. Throws IMAGE_PATH_BAD. */
  async published(path: string): Promise<PublishedImage | undefined> {
    return this.#imageIn(this.#layout.image(path));
  }

  async #imageIn(folder: string): Promise<PublishedImage | undefined> {
    const files = (await this.#onDisk(() => listFolder(folder)))?.filter(({ stats }) => stats.isFile());
    return (
      files && {
        bytes: files.reduce((sum, { stats }) => sum + stats.size, 0),
        changedAt: Math.floor(Math.max(0, ...files.map(({ stats }) => stats.mtimeMs))),
        files: files.length,
      }
    );
  }

  /** Resolves when the image has what a deploy needs. Throws IMAGE_INCOMPLETE, IMAGE_PATH_BAD. */
  async deployable(shape: ImageShape): Promise<void> {
    const folder = this.#layout.image(shape.path);
    await this.#onDisk(() => checkDeployable(folder, shape, this.options.squash));
  }

  /** Absolute path of a session's NFS root, whether it is there or not. */
  rootFolder(sessionId: number): string {
    return this.#layout.session(sessionId);
  }

  /** What all machines mount where exports are shared. */
  sharedFolders(): { readonly root: string; readonly dev: string } {
    const { root, dev } = this.#layout;
    return { root, dev };
  }

  /** Which folders hold the generations of an image now. */
  folders(path: string): Promise<GenerationFolders> {
    return this.#onDisk(async () => ({
      current: await inodeOf(this.#layout.image(path)),
      previous: await inodeOf(this.#layout.before(path)),
    }));
  }

  /** Absolute path of the folder of an image's generation, whether it is there or not. */
  generationFolder(path: string, place: keyof GenerationFolders): string {
    return place === 'current' ? this.#layout.image(path) : this.#layout.before(path);
  }

  /** What the tables and data files of an image say, for people; undefined where there is no folder. Throws IMAGE_INCOMPLETE. */
  contents(shape: ImageShape): Promise<readonly ImagePartition[] | undefined> {
    return this.#onDisk(() => partitionsOf(this.#layout.image(shape.path), shape));
  }

  /**
   * Takes a folder that a FOG server wrote, in place or by copy (import-image.ts); `from` is absolute and real. Throws IMPORT_REFUSED,
   * IMPORT_PLACE_TAKEN, IMAGES_DISK_FULL.
   */
  import(from: string, path: string): Promise<Imported> {
    return this.#locks.image(path, () =>
      importImage(this.#layout, from, path, {
        owner: this.#ownOwner(),
        room: () => this.freeBytes(),
        copies: this.#copies,
      }),
    );
  }

  /** How far the imports are that copy now. */
  importing(): Promise<readonly CopyProgress[]> {
    return this.#onDisk(() => Promise.all([...this.#copies].map((copy) => copy.progress())));
  }

  /** Whose the files of an image become, where fogd may give them away. */
  #ownOwner(): Owner | undefined {
    // Another host knows other users: its files stay whose they are.
    return this.options.ownerIsRoot && this.options.shared !== 'elsewhere'
      ? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
      : undefined;
  }

  /** Brings the previous generation back; the current one becomes the previous. Throws NO_PREVIOUS_GENERATION. */
  rollback(path: string): Promise<void> {
    const { rollbackMoment = () => undefined } = this.options.tools ?? {};
    return this.#locks.image(path, async () => {
      const { current, previous } = await this.folders(path);
      if (current === undefined || previous === undefined)
        throw imageErrors.NO_PREVIOUS_GENERATION({ image: path });
      await rollBack(this.#layout, path, this.#tools.exchange, rollbackMoment);
    });
  }

  /**
   * NFS root of a deploy, to be exported read-only, and the inode of the generation that is in it. Again for the same session: the same
   * generation, and no inode. Throws IMAGE_INCOMPLETE.
   */
  openDeployRoot(sessionId: number, shape: ImageShape): Promise<DeployRoot> {
    return this.#whenUsable(sessionId, shape.path, () => this.#roots.openDeploy(sessionId, shape.path));
  }

  /** NFS root of a capture, to be exported for writing. */
  openCaptureRoot(sessionId: number, mac: string): Promise<string> {
    return this.#whenUsable(sessionId, undefined, () => this.#roots.openCapture(sessionId, mac));
  }

  /** NFS root of a session without an image. */
  openPlainRoot(sessionId: number): Promise<string> {
    return this.#whenUsable(sessionId, undefined, () => this.#roots.openPlain(sessionId));
  }

  /** NFS root of a session that recovers files, to be exported for writing. */
  openRecoveryRoot(sessionId: number): Promise<string> {
    return this.#whenUsable(sessionId, undefined, () => this.#roots.openRecovery(sessionId));
  }

  /** Where the recovered files of a session are once its root is removed. */
  recoveredFolder(sessionId: number): string {
    return this.#layout.kept(sessionId);
  }

  /** Bytes on the disk of all that a session's machine has written so far. */
  async rootBytes(sessionId: number): Promise<number> {
    const sizes = async (folder: string, depth: number): Promise<number> => {
      let sum = 0;
      for (const { path, stats } of (await listFolder(folder)) ?? [])
        sum += stats.isDirectory() && depth > 0 ? await sizes(path, depth - 1) : stats.blocks * 512;
      return sum;
    };
    return this.#onDisk(async () => sizes(await this.#roots.written(sessionId), 1));
  }

  /** Removes a session's NFS root, after its export is closed; a publish of that session that could not be finished is taken back. */
  removeRoot(sessionId: number): Promise<void> {
    return this.#locks.session(sessionId, undefined, async () => {
      await this.#publishing.forget(sessionId);
      await this.#roots.remove(sessionId);
    });
  }

  /** Checks what a machine captured, after its export is closed. Throws CAPTURE_DAMAGED. */
  captured(sessionId: number, mac: string, shape: ImageShape): Promise<Captured> {
    return this.#onDisk(() => this.#check(sessionId, mac, shape));
  }

  /** Makes a capture the image; see publishing.ts for this and what follows. */
  publish(sessionId: number, mac: string, shape: ImageShape, journal: PublishJournal): Promise<string[]> {
    return this.#publishing.publish(sessionId, mac, shape, journal);
  }

  /** Gives a generation that waited the place of its image. False: its files are gone, and the image is what it was before. */
  publishReceived(entry: PublishJournalEntry): Promise<boolean> {
    return this.#publishing.publishReceived(entry);
  }

  /** Removes a generation that waited. */
  dropReceived(entry: PublishJournalEntry): Promise<void> {
    return this.#publishing.dropReceived(entry);
  }

  /** Finishes the publishes that a killed fogd left; to be called at start, before `sweep` and before anything is served. */
  recover(journal: readonly PublishJournalEntry[]): Promise<PublishOutcome[]> {
    return this.#publishing.recover(journal);
  }

  /** What waits, as `published` tells it. */
  received({ sessionId }: PublishJournalEntry): Promise<PublishedImage | undefined> {
    return this.#imageIn(this.#layout.stage(sessionId));
  }

  /** Where a generation waits. */
  receivedFolder({ sessionId }: PublishJournalEntry): string {
    return this.#layout.stage(sessionId);
  }

  /** Removes all files of an image, its previous generation too. Nothing happens where there are none. */
  async remove(path: string): Promise<void> {
    const places = [this.#layout.image(path), this.#layout.before(path)];
    await this.#locks.image(path, async () => {
      for (const place of places) await moveToTrash(place, this.#layout.trash);
    });
  }

  /** Removes the NFS roots of sessions that are not alive, at start; returns their names. */
  sweep(liveSessionIds: ReadonlySet<number>): Promise<string[]> {
    return this.#onDisk(() => this.#roots.sweep(liveSessionIds));
  }

  /** Frees the space of all that was removed or replaced; may take minutes. */
  emptyTrash(): Promise<void> {
    return this.#locks.trash(() => emptyTrash(this.#layout.trash));
  }

  async #check(sessionId: number, mac: string, shape: ImageShape): Promise<Captured> {
    const session = this.#layout.session(sessionId);
    const folder = join(session, captureFolder(mac));
    // A share that went away is not an empty capture.
    await stat(this.#layout.sessions);
    await this.#roots.take(sessionId, mac);
    await regain(session);
    await regain(folder);
    const { files, bytes, partitions, sectorSize } = await checkCapture(folder, shape);
    const inode = (await inodeOf(folder)) ?? '';
    return { files: files.length, bytes, partitions, inode, sectorSize };
  }

  async #whenUsable<T>(sessionId: number, path: string | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#trouble !== undefined) throw this.#trouble;
    return await this.#locks.session(sessionId, path, work);
  }

  #onDisk<T>(work: () => Promise<T>): Promise<T> {
    return onDisk(this.options.root, work);
  }

  #makeRoots(): Roots {
    const { ownerIsRoot, squash, shared } = this.options;
    if (shared !== undefined)
      return new SharedRoots(this.#layout, shared === 'own' ? squash : undefined, ownerIsRoot);
    return new SessionRoots(this.#layout, ownerIsRoot ? squash : undefined);
  }
}

/** The folder may be a link to where the disk is mounted; an NFS server needs the real path. */
function realIfThere(root: string): string {
  try {
    return realpathSync(root);
  } catch (error) {
    if (errnoOf(error) !== undefined) return root;
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
