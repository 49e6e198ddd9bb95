import { createCipheriv, createDecipheriv } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { withRoom } from '#files/disk-full.js';
import { makeFolder } from '#files/make-folder.js';
import { syncFolder } from '#files/sync-folder.js';
import { writeDurably } from '#files/write-durably.js';
import { secretErrors } from './errors.js';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of what is sealed: how the rest is to be read. */
const VERSION = 1;

/**
 * Seals what must be given out again one day, for the store: who has that alone has none of it. AES-256-GCM; the key is a file of its own,
 * made at the first use.
 */
export class SecretBox {
  readonly #folder: string;
  readonly #file: string;
  readonly #random: (bytes: number) => Buffer;
  #key: Buffer | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, random: (bytes: number) => Buffer) {
    this.#folder = folder;
    this.#file = join(folder, 'passwords.key');
    this.#random = random;
  }

  /** `owner`: whose it is; under another name it does not open. Its key is durable when this resolves. Rejects with SECRET_KEY_UNUSABLE or DISK_FULL. */
  async seal(text: string, owner: string): Promise<Buffer> {
    const key = await this.#useKey(true);
    const iv = this.#random(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed]);
  }

  /** Rejects with SECRET_KEY_LOST, SECRET_KEY_UNUSABLE or SECRET_UNREADABLE. */
  async open(sealed: Uint8Array, owner: string): Promise<string> {
    const key = await this.#useKey(false);
    const [ivEnd, tagEnd] = [1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES];
    try {
      if (sealed[0] !== VERSION) throw new RangeError('not a version that is known');
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, ivEnd), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(ivEnd, tagEnd));
      return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw secretErrors.SECRET_UNREADABLE({ file: this.#file }, error);
    }
  }

  /** Read or made once: one after the other, or two would make two. */
  #useKey(make: boolean): Promise<Buffer> {
    const work = async () => {
      if (this.#key) return this.#key;
      this.#key = (await this.#read()) ?? (make ? await this.#make() : undefined);
      if (!this.#key) throw secretErrors.SECRET_KEY_LOST({ file: this.#file });
      return this.#key;
    };
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }

  /** Undefined when there is none. */
  async #read(): Promise<Buffer | undefined> {
    const file = this.#file;
    try {
      const handle = await open(file, 'r');
      try {
        if (((await handle.stat()).mode & 0o077) !== 0) throw new Error('others can read it');
        const key = Buffer.from((await handle.readFile('utf8')).trim(), 'hex');
        if (key.length !== KEY_BYTES) throw new Error('it holds no key');
        return key;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw secretErrors.SECRET_KEY_UNUSABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
    }
  }

  async #make(): Promise<Buffer> {
    const [folder, file] = [this.#folder, this.#file];
    const key = this.#random(KEY_BYTES);
    try {
      await withRoom(folder, () => makeFolder(folder, 0o700));
      await syncFolder(dirname(folder));
      await writeDurably(file, `${key.toString('hex')}\n`);
      return key;
    } catch (error) {
      if (error instanceof FogdError) throw error;
      throw secretErrors.SECRET_KEY_UNUSABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
    }
  }
}
