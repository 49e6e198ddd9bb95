import { chmod, chown, mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { makeFolder } from '#files/make-folder.js';
import { checkScripts, makeDefaultScript, POST_DOWNLOAD, POST_INIT } from './admin-scripts.js';
import { isMissing } from './file-errors.js';
import { entryAt, listFolder } from './folder-listing.js';
import { inodeOf } from './generations.js';
import { captureFolder } from './image-path.js';
import type { ImagesLayout } from './layout.js';
import { moveToTrash, regain } from './remove-tree.js';
import type { DeployRoot, Owner, Roots } from './session-roots.js';

/** In the folder of a session: the name of its folder in `dev`. */
const CAPTURES = '.captures';

/**
 * The folders that all machines share, as those of a FOG server (fos-protocol 5.1, 5.2): the images themselves to read, and `dev` to write.
 * Nothing is pinned: a publish waits until nobody deploys its image (actions/keep-generations.ts).
 */
export class SharedRoots implements Roots {
  constructor(
    private readonly layout: ImagesLayout,
    /** Whom the NFS server turns every client into; undefined where another host serves. */
    private readonly writer: Owner | undefined,
    /** fogd may give files away, and set the sticky bit that keeps clients from what is not theirs. */
    private readonly isRoot: boolean,
  ) {}

  /** What FOS looks for in each share; what is there stays. */
  async prepare(): Promise<void> {
    const { root, dev } = this.layout;
    const isNew = !(await entryAt(dev));
    await makeFolder(dev);
    // Everybody makes folders there, and nobody replaces another's: not the scripts of the admin either.
    if (isNew || (this.writer && this.isRoot)) await chmod(dev, this.isRoot ? 0o1777 : 0o755);
    for (const folder of [root, dev]) await touch(join(folder, '.mntcheck'));
    await makeDefaultScript(dev, POST_INIT);
    await makeDefaultScript(root, POST_DOWNLOAD);
  }

  async checkScripts(): Promise<void> {
    await checkScripts(this.layout.dev, POST_INIT);
    await checkScripts(this.layout.root, POST_DOWNLOAD);
  }

  async openDeploy(_id: number, path: string): Promise<DeployRoot> {
    await this.checkScripts();
    const inode = await inodeOf(this.layout.image(path));
    return { folder: this.layout.root, ...(inode === undefined ? {} : { inode }) };
  }

  async openCapture(id: number, mac: string): Promise<string> {
    const { dev } = this.layout;
    const name = captureFolder(mac);
    await this.openPlain();
    // Said again while the machine captures: what it has written so far stays.
    if ((await this.#captures(id)) === name) return dev;
    // Of a capture before, by whomever.
    await moveToTrash(join(dev, name), this.layout.trash);
    await makeFolder(this.layout.session(id));
    await writeFile(join(this.layout.session(id), CAPTURES), name);
    // Another host's own users are not known here; FOS makes the folder itself.
    if (!this.writer) return dev;
    await mkdir(join(dev, name));
    await chmod(join(dev, name), 0o755);
    if (this.isRoot) await chown(join(dev, name), this.writer.uid, this.writer.gid);
    return dev;
  }

  async openRecovery(): Promise<string> {
    return this.openPlain();
  }

  async openPlain(): Promise<string> {
    await checkScripts(this.layout.dev, POST_INIT);
    return this.layout.dev;
  }

  async take(id: number, mac: string): Promise<void> {
    const name = captureFolder(mac);
    const from = join(this.layout.dev, name);
    const to = join(this.layout.session(id), name);
    if ((await this.#captures(id)) !== name || !(await entryAt(from))) return;
    // Into a folder that no client ever had a handle of: an NFS server that still knows the old one under its name would write into the image.
    await makeFolder(to);
    await regain(from);
    for (const entry of (await listFolder(from)) ?? []) await rename(entry.path, join(to, entry.name));
    await rmdir(from);
  }

  async written(id: number): Promise<string> {
    const name = await this.#captures(id);
    return name === undefined ? this.layout.session(id) : join(this.layout.dev, name);
  }

  async remove(id: number): Promise<void> {
    const name = await this.#captures(id);
    if (name !== undefined) await moveToTrash(join(this.layout.dev, name), this.layout.trash);
    await moveToTrash(this.layout.session(id), this.layout.trash);
  }

  async sweep(live: ReadonlySet<number>): Promise<string[]> {
    const removed: string[] = [];
    for (const { name } of (await listFolder(this.layout.sessions)) ?? []) {
      if (!/^\d+$/.test(name) || live.has(Number(name))) continue;
      await this.remove(Number(name));
      removed.push(name);
    }
    return removed;
  }

  /** The folder in `dev` that belongs to a session; undefined where it has none. */
  async #captures(id: number): Promise<string | undefined> {
    try {
      return captureFolder(await readFile(join(this.layout.session(id), CAPTURES), 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

async function touch(path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
