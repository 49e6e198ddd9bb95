import { constants, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entryAt, type ListedFile } from './folder-listing.js';

/** Blocks that the file system can share are not copied at all. */
const HOW = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

/** How far a folder is that becomes an image. */
export interface CopyProgress {
  /** Folder of the image. */
  readonly path: string;
  /** So far. */
  readonly bytes: number;
  readonly total: number;
}

/** Files on their way into the folder of an image. */
export class FolderCopy {
  readonly #path: string;
  readonly #files: readonly ListedFile[];
  readonly #total: number;
  #wholeBytes = 0;
  /** That is being written. */
  #current: string | undefined;

  constructor(path: string, files: readonly ListedFile[]) {
    this.#path = path;
    this.#files = files;
    this.#total = files.reduce((sum, { stats }) => sum + stats.size, 0);
  }

  /** None of the files may be in the folder. Tests give another `copy`. */
  async into(folder: string, copy = copyFile): Promise<void> {
    for (const { name, path, stats } of this.#files) {
      this.#current = join(folder, name);
      await copy(path, this.#current, HOW);
      this.#wholeBytes += stats.size;
      this.#current = undefined;
    }
  }

  /** The kernel copies a file without a word: how much of it there is, the disk says. */
  async progress(): Promise<CopyProgress> {
    const whole = this.#wholeBytes;
    const part = this.#current === undefined ? 0 : ((await entryAt(this.#current))?.size ?? 0);
    return { path: this.#path, bytes: whole + part, total: this.#total };
  }
}
