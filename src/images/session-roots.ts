import { chmod, chown, link, mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { makeFolder } from '#files/make-folder.js';
import { bringScripts, checkScripts, makeDefaultScript, POST_DOWNLOAD, POST_INIT } from './admin-scripts.js';
import { imageErrors } from './errors.js';
import { entryAt, listFolder } from './folder-listing.js';
import { captureFolder } from './image-path.js';
import type { ImagesLayout } from './layout.js';
import { moveToTrash, regain } from './remove-tree.js';

/** Where boot sessions find and leave their files. */
export interface Roots {
  /** Makes what sessions need; what is there stays. */
  prepare(): Promise<void>;
  /** Throws SCRIPTS_UNSAFE where others could change what every machine runs; no root is opened then. */
  checkScripts(): Promise<void>;
  /** The images a deploy reads. */
  openDeploy(id: number, path: string): Promise<DeployRoot>;
  openCapture(id: number, mac: string): Promise<string>;
  openRecovery(id: number): Promise<string>;
  openPlain(id: number): Promise<string>;
  /** Brings a capture to where its machine does not find it any more: `<session>/<mac>`. Repeatable. */
  take(id: number, mac: string): Promise<void>;
  /** The folder that a session's machine writes into. */
  written(id: number): Promise<string>;
  /** Nothing happens where there is no such root. */
  remove(id: number): Promise<void>;
  /** Removes what belongs to no living session and returns the names. */
  sweep(live: ReadonlySet<number>): Promise<string[]>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface DeployRoot {
  readonly folder: string;
  /** Of the generation that was linked; undefined where the root was there already. */
  readonly inode?: string;
}

const RECOVERY_MARK = '.recovery';
const SCRIPT_FOLDERS = [POST_INIT, POST_DOWNLOAD] as const;

/**
 * The folders that boot sessions get over NFS (design section 3): built beside their place and renamed into it, so that a root that is there
 * is complete. The image folder `<path>` (deploy), the capture folder `<mac>`, or none.
 */
export class SessionRoots implements Roots {
  constructor(
    private readonly layout: ImagesLayout,
    /** Given to the capture folder; undefined where fogd cannot give files away, and is that user itself. */
    private readonly captureOwner: Owner | undefined,
  ) {}

  async prepare(): Promise<void> {
    for (const folder of SCRIPT_FOLDERS) await makeDefaultScript(this.layout.root, folder);
  }

  async checkScripts(): Promise<void> {
    for (const folder of SCRIPT_FOLDERS) await checkScripts(this.layout.root, folder);
  }

  /** Hard links of the image as it is now. A root that is there keeps the generation that it has. */
  async openDeploy(id: number, path: string): Promise<DeployRoot> {
    let inode: string | undefined;
    const folder = await this.#open(id, path, async (root) => {
      for (const folder of SCRIPT_FOLDERS) await this.#bring(folder, root, 'link');
      inode = await linkGeneration(this.layout.image(path), join(root, path), path);
    });
    return { folder, ...(inode === undefined ? {} : { inode }) };
  }

  /** An empty folder for the machine to write into, and nothing else that it could. */
  openCapture(id: number, mac: string): Promise<string> {
    const name = captureFolder(mac);
    return this.#open(id, name, async (root) => {
      await this.#bring(POST_INIT, root, 'copy');
      await mkdir(join(root, name));
      await chmod(join(root, name), 0o755);
      if (this.captureOwner) await chown(join(root, name), this.captureOwner.uid, this.captureOwner.gid);
    });
  }

  /** Writable as a whole: FOS makes a folder of its own name for what it recovers. */
  openRecovery(id: number): Promise<string> {
    return this.#open(id, POST_INIT, async (root) => {
      await this.#bring(POST_INIT, root, 'copy');
      await makeFolder(join(root, POST_INIT));
      await writeFile(join(root, RECOVERY_MARK), '');
      if (this.captureOwner) await chown(root, this.captureOwner.uid, this.captureOwner.gid);
    });
  }

  openPlain(id: number): Promise<string> {
    return this.#open(id, POST_INIT, async (root) => {
      await this.#bring(POST_INIT, root, 'copy');
      await makeFolder(join(root, POST_INIT));
    });
  }

  /** Its export is closed by then, and nobody else ever had one. */
  async take(): Promise<void> {
    // It is there already.
  }

  async written(id: number): Promise<string> {
    return this.layout.session(id);
  }

  async remove(id: number): Promise<void> {
    await this.#keepRecovered(id);
    await moveToTrash(this.layout.session(id), this.layout.trash);
  }

  async sweep(live: ReadonlySet<number>): Promise<string[]> {
    const removed: string[] = [];
    for (const name of await readdir(this.layout.sessions)) {
      const isSession = /^\d+$/.test(name);
      if (isSession && live.has(Number(name))) continue;
      if (isSession) await this.#keepRecovered(Number(name));
      await moveToTrash(join(this.layout.sessions, name), this.layout.trash);
      if (!name.startsWith('.')) removed.push(name);
    }
    return removed;
  }

  /** What was recovered is its user's only copy: it stays, however the session ended. Repeatable. */
  async #keepRecovered(id: number): Promise<void> {
    const root = this.layout.session(id);
    // A client may have closed what is its own.
    await regain(root);
    if (!(await entryAt(join(root, RECOVERY_MARK)))) return;
    const place = this.layout.kept(id);
    for (const { name, path, stats } of (await listFolder(root)) ?? []) {
      if (name === POST_INIT || name.startsWith('.') || stats.isSymbolicLink()) continue;
      await makeFolder(place, 0o700);
      await rename(path, join(place, name));
    }
  }

  async #bring(folder: string, root: string, how: 'link' | 'copy'): Promise<void> {
    await checkScripts(this.layout.root, folder);
    await bringScripts(join(this.layout.root, folder), join(root, folder), how);
  }

  async #open(id: number, mark: string, fill: (root: string) => Promise<void>): Promise<string> {
    const place = this.layout.session(id);
    if ((await entryAt(join(place, mark)))?.isDirectory()) return place;
    // A root of another kind under this number is left over from another database.
    await this.remove(id);
    const root = await mkdtemp(join(this.layout.sessions, `.building-${id}-`));
    try {
      await chmod(root, 0o755);
      await writeFile(join(root, '.mntcheck'), '', { mode: 0o644 });
      await fill(root);
      await rename(root, place);
      return place;
    } catch (error) {
      await moveToTrash(root, this.layout.trash);
      throw error;
    }
  }
}

/** Links all files of the generation that is at `from` now and gives the inode of its folder, or throws IMAGE_INCOMPLETE. */
async function linkGeneration(from: string, to: string, image: string): Promise<string> {
  const before = await entryAt(from);
  const files = await listFolder(from);
  if (before === undefined || files === undefined)
    throw imageErrors.IMAGE_INCOMPLETE({ image, reason: 'its folder is not there, or is a link' });
  await mkdir(to);
  await chmod(to, 0o755);
  for (const { name, path, stats } of files) {
    if (!stats.isFile() || name.startsWith('.')) continue;
    try {
      await link(path, join(to, name));
    } catch (error) {
      const reason = `${name} cannot be linked (${errnoOf(error) ?? 'unknown error'}); make the files belong to the user that runs fogd`;
      if (errnoOf(error) === 'EPERM' || errnoOf(error) === 'EMLINK')
        throw imageErrors.IMAGE_INCOMPLETE({ image, reason }, error);
      throw error;
    }
  }
  // fogd's own publishes wait for this; somebody who moves folders by hand does not.
  if ((await entryAt(from))?.ino !== before.ino)
    throw imageErrors.IMAGE_INCOMPLETE({ image, reason: 'it was replaced in this moment; start again' });
  return String(before.ino);
}
