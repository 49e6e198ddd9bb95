import { onDisk } from './file-errors.js';
import { KeyedLock } from './keyed-lock.js';

/** One thing at a time per session, per image and in the trash; what the disk says is told in words of the catalogue. */
export class ImageLocks {
  readonly #lock = new KeyedLock();

  constructor(private readonly root: string) {}

  /** And of an image, where one is named: the session is always taken first. */
  session<T>(sessionId: number, path: string | undefined, work: () => Promise<T>): Promise<T> {
    return this.#lock.run(`session ${sessionId}`, () =>
      path === undefined ? onDisk(this.root, work) : this.image(path, work),
    );
  }

  image<T>(path: string, work: () => Promise<T>): Promise<T> {
    return this.#lock.run(`image ${path}`, () => onDisk(this.root, work));
  }

  trash<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run('trash', () => onDisk(this.root, work));
  }
}
