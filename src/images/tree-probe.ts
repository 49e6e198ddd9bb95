import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ImagesLayout } from './layout.js';

const PREFIX = 'seen-';

/** Files that tell whether the images folder is the tree that another host serves: what is made here must be seen there. */
export class TreeProbe {
  readonly #hidden: string;

  constructor(readonly folder: string) {
    this.#hidden = new ImagesLayout(folder).hidden;
  }

  /** Gives the path of the file in the tree. */
  async make(name: string): Promise<string> {
    // Of a fogd that was killed meanwhile.
    for (const left of await readdir(this.#hidden)) if (left.startsWith(PREFIX)) await this.#remove(left);
    await writeFile(join(this.#hidden, PREFIX + name), '', { mode: 0o644 });
    return relative(this.folder, join(this.#hidden, PREFIX + name));
  }

  async remove(name: string): Promise<void> {
    await this.#remove(PREFIX + name);
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.#hidden, name), { force: true });
  }
}
