import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const INCOMING = '.incoming-';

/** A file that was taken in and has no name yet. */
export interface IncomingFile {
  readonly path: string;
  /** Hexadecimal. */
  readonly hash: string;
  readonly size: number;
}

export interface TakeOptions {
  readonly algorithm: 'sha256' | 'sha512';
  readonly mode: number;
  /** Asked before the first byte and then after each of these steps, with the bytes so far; ends it by rejecting. */
  readonly watch?: { readonly everyBytes: number; readonly look: (size: number) => Promise<void> };
}

/** A name in the folder under which nothing is ever looked for. */
export function incomingPath(folder: string): string {
  return join(folder, `${INCOMING}${randomBytes(8).toString('hex')}`);
}

/** Removes what a break-off left. */
export async function removeIncoming(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(INCOMING)) await rm(join(folder, name), { force: true });
  }
}

/** Writes a stream to the disk under no name, and its content is durable. Rejects with what the stream or the disk says, and leaves nothing. */
export async function takeIn(
  folder: string,
  source: AsyncIterable<Uint8Array>,
  { algorithm, mode, watch }: TakeOptions,
): Promise<IncomingFile> {
  const path = incomingPath(folder);
  const hash = createHash(algorithm);
  let size = 0;
  let nextLook = 0;
  const file = await open(path, 'wx', mode);
  try {
    for await (const chunk of source) {
      if (watch && size >= nextLook) {
        nextLook = size + watch.everyBytes;
        await watch.look(size);
      }
      hash.update(chunk);
      size += chunk.length;
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
  return { path, hash: hash.digest('hex'), size };
}
