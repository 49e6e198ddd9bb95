import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '#errors.js';
import { isDiskFull } from './disk-full.js';
import { fileErrors } from './errors.js';
import { incomingPath, removeIncoming, takeIn } from './incoming.js';
import { makeFolder } from './make-folder.js';
import { syncFolder } from './sync-folder.js';

/** A file that was taken in and has no name yet. */
export interface Incoming {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** The folder of the boot files that fogd keeps itself. Names are checked by the caller (domain/boot-file.ts). */
export class BootStore {
  constructor(private readonly folder: string) {}

  /** Makes the folder and removes what a break-off left. */
  async prepare(): Promise<void> {
    await this.#explained(() => makeFolder(this.folder, 0o755));
    await removeIncoming(this.folder);
  }

  /** Writes a stream to the disk under no name. Rejects with what the stream or the disk says, and leaves nothing. */
  async take(source: AsyncIterable<Uint8Array>): Promise<Incoming> {
    const options = { algorithm: 'sha256', mode: 0o644 } as const;
    const { path, hash, size } = await this.#explained(() => takeIn(this.folder, source, options));
    return { path, sha256: hash, size };
  }

  async drop({ path }: Incoming): Promise<void> {
    await rm(path, { force: true });
  }

  /** Gives it its name; durable when it resolves. */
  async place({ path }: Incoming, name: string): Promise<void> {
    const target = join(this.folder, name);
    await this.#explained(async () => {
      await makeFolder(dirname(target), 0o755);
      await rename(path, target);
    });
    await this.#sync(name);
  }

  /** Calls a file by a second name, in place of what had it. Who reads the old one goes on reading it. */
  async alias(name: string, second: string): Promise<void> {
    const temporary = incomingPath(this.folder);
    await this.#explained(() => link(join(this.folder, name), temporary));
    await rename(temporary, join(this.folder, second));
    // Between two names of one file, rename does nothing (rename(2)).
    await rm(temporary, { force: true });
    await this.#sync(second);
  }

  /** Whether both names are there and mean one file. */
  async isSame(name: string, other: string): Promise<boolean> {
    const [one, two] = await Promise.all([this.#stat(name), this.#stat(other)]);
    return one !== undefined && two !== undefined && one.ino === two.ino && one.dev === two.dev;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#stat(name)) !== undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
    await this.#sync(name);
  }

  /** Hexadecimal; undefined when it is not there. */
  async sha256(name: string): Promise<{ readonly sha256: string; readonly size: number } | undefined> {
    if (!(await this.has(name))) return undefined;
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(join(this.folder, name))) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return { sha256: hash.digest('hex'), size };
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isDiskFull(error)) throw fileErrors.BOOT_FILES_DISK_FULL({ folder: this.folder }, error);
      throw error;
    }
  }

  async #stat(name: string) {
    try {
      const found = await stat(join(this.folder, name));
      return found.isFile() ? found : undefined;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async #sync(name: string): Promise<void> {
    const folder = dirname(join(this.folder, name));
    await syncFolder(folder);
    if (folder !== this.folder) await syncFolder(this.folder);
  }
}
