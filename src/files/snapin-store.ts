import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '#daemon/child.js';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { BootFiles, type OpenBootFile } from './boot-files.js';
import { isDiskFull } from './disk-full.js';
import { diskSpace } from './disk-space.js';
import { fileErrors } from './errors.js';
import { type IncomingFile, removeIncoming, takeIn } from './incoming.js';
import { makeFolder } from './make-folder.js';
import { identityOf } from './rooted-path.js';
import { syncFolder } from './sync-folder.js';

const MIB = 1024 * 1024;
/** Left for the store and for all others that write on the same disk. */
const RESERVE_BYTES = 64 * MIB;
const LOOK_EVERY_BYTES = 32 * MIB;
/** A hundred gigabytes from a slow disk. */
const HASH_TIMEOUT_MS = 6 * 3_600_000;
const STORED = /^[0-9a-f]{16}-./;
/**
 * A crowd whose members are far apart in a large file shares nothing: with these pieces 200 of
 * them cost 216 MiB, the cache included, and 448 with those of boot files (bench/README.md).
 */
const PIECE_BYTES = 256 * 1024;
/** Behind everything else that wants the processor or the disk. */
const SHA512_SUM = ['nice', '-n', '19', 'ionice', '-c', '3', 'sha512sum', '--'];

/** The folder of the files of snapins. Nothing in it is ever written over; what clients are sent is what was opened. */
export class SnapinStore {
  readonly #files: BootFiles;

  constructor(private readonly folder: string) {
    this.#files = new BootFiles([folder], { chunkBytes: PIECE_BYTES });
  }

  /**
   * Makes the folder, removes what uploads left that broke off, and gives the names of files that no snapin has. Those stay: they may belong to
   * a store that is put back from a backup. Throws SNAPINS_FOLDER_BAD.
   */
  async prepare(known: ReadonlySet<string>): Promise<string[]> {
    try {
      await makeFolder(this.folder, 0o700);
      await removeIncoming(this.folder);
      return (await readdir(this.folder)).filter((name) => STORED.test(name) && !known.has(name));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Writes a stream to the disk under no name. `told`: how long the sender says that it is. Rejects with SNAPINS_DISK_FULL,
   * SNAPINS_FOLDER_BAD or with what the stream says, and leaves nothing.
   */
  async take(source: AsyncIterable<Uint8Array>, told = 0): Promise<IncomingFile> {
    const look = async (size: number): Promise<void> => {
      const wanted = Math.max(told - size, LOOK_EVERY_BYTES) + RESERVE_BYTES;
      if ((await diskSpace(this.folder)).free < wanted) throw this.#full();
    };
    try {
      const watch = { everyBytes: LOOK_EVERY_BYTES, look };
      return await takeIn(this.folder, source, { algorithm: 'sha512', mode: 0o600, watch });
    } catch (error) {
      throw this.#explained(error);
    }
  }

  async drop({ path }: IncomingFile): Promise<void> {
    await rm(path, { force: true });
  }

  /** Gives it a name, whose end tells people whose it is; durable when it resolves. */
  async place(
    { path }: IncomingFile,
    file: string,
  ): Promise<{ readonly stored: string; readonly identity: string }> {
    const stored = `${randomBytes(8).toString('hex')}-${file}`;
    await rename(path, join(this.folder, stored)).catch((error: unknown) => {
      throw this.#explained(error);
    });
    await syncFolder(this.folder);
    const identity = await this.identity(stored);
    if (identity === undefined)
      throw fileErrors.SNAPINS_FOLDER_BAD({ folder: this.folder, reason: 'ENOENT' });
    return { stored, identity };
  }

  async remove(stored: string): Promise<void> {
    await rm(join(this.folder, stored), { force: true });
    await syncFolder(this.folder);
  }

  /** Changes whenever the content may have; undefined when it is not there. */
  async identity(stored: string): Promise<string | undefined> {
    try {
      return identityOf(await stat(join(this.folder, stored), { bigint: true }));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw this.#explained(error);
    }
  }

  /** Opened for sending; undefined when it is not there. */
  open(stored: string): Promise<OpenBootFile | undefined> {
    return this.#files.open(stored);
  }

  /** Reads the whole file, in a process of its own: seconds of hashing must not delay an answer of fogd. Hexadecimal. */
  async sha512(stored: string): Promise<string> {
    const told = await run([...SHA512_SUM, join(this.folder, stored)], { timeoutMs: HASH_TIMEOUT_MS });
    const [sum] = /^[0-9a-f]{128}(?= )/.exec(told.stdout) ?? [];
    if (sum !== undefined) return sum;
    const reason = told.stderr.trim().slice(-200) || `sha512sum was ended (${told.signal ?? told.code})`;
    throw fileErrors.SNAPINS_FOLDER_BAD({ folder: this.folder, reason });
  }

  #explained(error: unknown): unknown {
    if (isDiskFull(error)) return this.#full(error);
    const code = errnoOf(error) ?? '';
    const isOurs = ['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EIO'].includes(code);
    if (error instanceof FogdError || !isOurs) return error;
    return fileErrors.SNAPINS_FOLDER_BAD({ folder: this.folder, reason: messageOf(error) }, error);
  }

  #full(cause?: unknown): FogdError {
    return fileErrors.SNAPINS_DISK_FULL({ folder: this.folder }, cause);
  }
}
