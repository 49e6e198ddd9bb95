import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { makeFolder } from '#files/make-folder.js';
import { KNOWN_SCHEMA } from '#store/inspect.js';
import { backupErrors } from './errors.js';
import {
  FORMAT,
  LARGEST_MANIFEST,
  MANIFEST,
  type Manifest,
  type Part,
  parseManifest,
  SEAL,
} from './manifest.js';
import { BLOCK, padding, parseTarHeader, type TarEntry } from './tar.js';

const CHUNK = 1024 * 1024;

/**
 * Reads a whole backup, whose content is hostile, and compares every part with the manifest. With `into`, an empty folder, the parts are
 * written there and synced. Throws BACKUP_UNREADABLE, BACKUP_DAMAGED, BACKUP_TOO_NEW, BACKUP_NO_SPACE.
 */
export async function unpack(file: string, into?: string): Promise<Manifest> {
  let archive: FileHandle;
  try {
    archive = await open(file, 'r');
    if (!(await archive.stat()).isFile()) {
      await archive.close();
      throw new Error('it is no file');
    }
  } catch (error) {
    throw backupErrors.BACKUP_UNREADABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  }
  try {
    return await new Reader(file, archive).read(into);
  } catch (error) {
    if (error instanceof FogdError) throw error;
    if (into !== undefined && isDiskFull(error)) throw backupErrors.BACKUP_NO_SPACE({ folder: into }, error);
    throw backupErrors.BACKUP_UNREADABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  } finally {
    await archive.close();
  }
}

class Reader {
  #at = 0;

  constructor(
    private readonly file: string,
    private readonly archive: FileHandle,
  ) {}

  async read(into: string | undefined): Promise<Manifest> {
    const first = await this.#entry();
    if (first?.name !== MANIFEST || first.size > LARGEST_MANIFEST) throw this.#damaged('it has no manifest');
    const head = await this.#bytes(first.size);
    await this.#skipPadding(first.size);
    const manifest = parseManifest(head.toString('utf8'));
    if (typeof manifest === 'string') throw this.#damaged(manifest);
    if (manifest.format > FORMAT || manifest.schema > KNOWN_SCHEMA)
      throw backupErrors.BACKUP_TOO_NEW({ file: this.file, version: manifest.version });
    for (const part of manifest.parts) {
      const entry = await this.#entry();
      if (entry?.name !== part.name || entry.size !== part.size) throw this.#damaged(`it lacks ${part.name}`);
      await this.#part(part, into);
    }
    await this.#seal(createHash('sha256').update(head).digest('hex'));
    if ((await this.#entry()) !== undefined) throw this.#damaged('it holds more than its manifest says');
    return manifest;
  }

  async #part({ name, size, mode, sha256 }: Part, into: string | undefined): Promise<void> {
    const hash = createHash('sha256');
    const target = into === undefined ? undefined : await create(join(into, name), mode);
    try {
      for (let left = size; left > 0; left -= Math.min(left, CHUNK)) {
        const chunk = await this.#bytes(Math.min(left, CHUNK));
        hash.update(chunk);
        for (let at = 0; target !== undefined && at < chunk.length; )
          at += (await target.write(chunk, at)).bytesWritten;
      }
      await target?.sync();
    } finally {
      await target?.close();
    }
    if (hash.digest('hex') !== sha256) throw this.#damaged(`${name} is not what was backed up`);
    await this.#skipPadding(size);
  }

  async #seal(expected: string): Promise<void> {
    const entry = await this.#entry();
    if (entry?.name !== SEAL || entry.size !== expected.length)
      throw this.#damaged('it holds more than its manifest says, or ends too early');
    if ((await this.#bytes(entry.size)).toString('latin1') !== expected)
      throw this.#damaged('its manifest was changed');
    await this.#skipPadding(entry.size);
  }

  async #entry(): Promise<TarEntry | undefined> {
    const header = parseTarHeader(await this.#bytes(BLOCK));
    if (typeof header === 'string') throw this.#damaged(header);
    return header;
  }

  async #skipPadding(size: number): Promise<void> {
    if ((await this.#bytes(padding(size))).some((byte) => byte !== 0)) throw this.#damaged('it was changed');
  }

  async #bytes(count: number): Promise<Buffer> {
    const buffer = Buffer.alloc(count);
    for (let at = 0; at < count; ) {
      const { bytesRead } = await this.archive.read(buffer, at, count - at, this.#at);
      if (bytesRead === 0) throw this.#damaged('it ends too early');
      at += bytesRead;
      this.#at += bytesRead;
    }
    return buffer;
  }

  #damaged(reason: string): FogdError {
    return backupErrors.BACKUP_DAMAGED({ file: this.file, reason });
  }
}

/** Never through a link, and never more than its owner's. */
async function create(path: string, mode: number): Promise<FileHandle> {
  await makeFolder(dirname(path), 0o700);
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  return open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode & 0o755);
}
