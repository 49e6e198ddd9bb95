import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';

export interface BannerPicture {
  readonly bytes: Buffer;
  /** SHA-512 in capitals, as the client compares it (spec client-protocol 3.4). */
  readonly hash: string;
}

const LOOK_EVERY_MS = 60_000;
const MOST_BYTES = 1_048_576;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** The picture for the windows of FOG Client. Clients without an answer would delete theirs, so the last good one goes on. */
export class Banner {
  #picture: BannerPicture | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly file: string | undefined,
    private readonly clock: Clock,
    private readonly onTrouble: (reason: string) => void,
  ) {}

  async picture(): Promise<BannerPicture | undefined> {
    const { file, clock } = this;
    if (file === undefined || clock.now() - this.#lookedAt < LOOK_EVERY_MS) return this.#picture;
    this.#lookedAt = clock.now();
    try {
      const { size } = await stat(file);
      if (size > MOST_BYTES) throw new Error('it is larger than 1 MiB');
      const bytes = await readFile(file);
      if (!bytes.subarray(0, PNG.length).equals(PNG)) throw new Error('it is no PNG picture');
      this.#picture = { bytes, hash: createHash('sha512').update(bytes).digest('hex').toUpperCase() };
    } catch (error) {
      this.onTrouble(`${file} cannot be used as banner: ${messageOf(error)}`);
    }
    return this.#picture;
  }
}
