import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { makeFolder } from '#files/make-folder.js';
import { copyStore } from '#store/copy.js';
import { backupErrors } from './errors.js';
import { FORMAT, MANIFEST, type Manifest, type Part, SEAL } from './manifest.js';
import { STORE, smallFiles } from './parts.js';
import { BLOCK, padding, TAR_END, tarHeader } from './tar.js';

/** Folder in the state folder in which a copy of the store waits to be sent. */
const COPIES = '.backup';

export interface Packed {
  readonly manifest: Manifest;
  /** Bytes of the whole file. */
  readonly size: number;
  /** The file. Rejects when the disk cannot be read. */
  content(): AsyncIterable<Buffer>;
  /** Removes the copy of the store; to be called whatever came of it. */
  drop(): Promise<void>;
}

/**
 * A backup of a state folder, whether its daemon runs or not: takes a copy of the store and reads the other parts. `now` in milliseconds
 * since 1970. Throws STATE_MISSING, STORE_DAMAGED, BACKUP_NO_SPACE.
 */
export async function pack(state: string, version: string, now: number): Promise<Packed> {
  const store = join(state, STORE);
  if (!(await isThere(store))) throw backupErrors.STATE_MISSING({ folder: state });
  const folder = join(state, COPIES);
  const copy = join(folder, `${randomBytes(8).toString('hex')}.sqlite`);
  const drop = () => rm(copy, { force: true });
  try {
    await makeFolder(folder, 0o700);
    const schema = await copyStore(store, copy);
    const small = await smallFiles(state);
    const parts: Part[] = [
      { name: STORE, mode: 0o600, size: (await stat(copy)).size, sha256: await sha256Of(copy) },
      ...small.map(({ name, mode, content }) => ({
        name,
        mode,
        size: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      })),
    ];
    const manifest: Manifest = { format: FORMAT, version, schema, madeAt: now, parts };
    const head = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const seal = Buffer.from(createHash('sha256').update(head).digest('hex'));
    const sizes = [head.length, ...parts.map(({ size }) => size), seal.length];
    const seconds = Math.floor(now / 1000);
    return {
      manifest,
      size: sizes.reduce((sum, size) => sum + BLOCK + size + padding(size), TAR_END.length),
      content: async function* () {
        yield tarHeader({ name: MANIFEST, mode: 0o600, size: head.length }, seconds);
        yield Buffer.concat([head, Buffer.alloc(padding(head.length))]);
        for (const part of parts) {
          yield tarHeader(part, seconds);
          if (part.name === STORE) yield* createReadStream(copy) as AsyncIterable<Buffer>;
          else yield small.find(({ name }) => name === part.name)?.content ?? Buffer.alloc(0);
          yield Buffer.alloc(padding(part.size));
        }
        yield tarHeader({ name: SEAL, mode: 0o600, size: seal.length }, seconds);
        yield Buffer.concat([seal, Buffer.alloc(padding(seal.length)), TAR_END]);
      },
      drop,
    };
  } catch (error) {
    await drop();
    if (isDiskFull(error)) throw backupErrors.BACKUP_NO_SPACE({ folder: state }, error);
    throw error;
  }
}

/** Removes copies that a killed fogd left; only when no other may be at work. */
export async function removeHalfBackups(state: string): Promise<void> {
  await rm(join(state, COPIES), { recursive: true, force: true });
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
