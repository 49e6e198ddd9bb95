import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Few large reads: kernel, init and snapins go to many machines at once, and each read is a trip through the thread pool. */
const CHUNK = 1024 * 1024;

/** What serves files by HTTP needs of the boot-file store. */
export interface BootFileSource {
  resolve(name: string): Promise<{ readonly path: string } | undefined>;
}

export interface SentFile {
  readonly status: 200 | 206 | 416;
  /** Bytes of the body. */
  readonly bytes: number;
}

/**
 * Sends one file, whole or the single range asked for (RFC 9110 section 14), from one open handle: a file that is replaced meanwhile is
 * never sent half old. `done` is told how many bytes really went out.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  done: (sent: SentFile & { readonly complete: boolean }) => void,
): Promise<FastifyReply> {
  const handle = await open(path, 'r');
  const { size, mtime } = await handle.stat();
  const range = parseRange(request.headers.range, size);
  reply
    .header('accept-ranges', 'bytes')
    .header('last-modified', mtime.toUTCString())
    .type('application/octet-stream');
  if (range === 'unsatisfiable') {
    await handle.close();
    done({ status: 416, bytes: 0, complete: true });
    return reply.code(416).header('content-range', `bytes */${size}`).send();
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  const bytes = last - first + 1;
  const status = range ? 206 : 200;
  if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
  reply.header('content-length', bytes);
  if (request.method === 'HEAD' || bytes === 0) {
    await handle.close();
    return reply.send();
  }
  let position = first;
  const body = new Readable({
    highWaterMark: CHUNK,
    read() {
      const length = Math.min(CHUNK, last - position + 1);
      if (length === 0) {
        this.push(null);
        return;
      }
      handle.read(Buffer.allocUnsafe(length), 0, length, position).then(
        ({ bytesRead, buffer }) => {
          position += bytesRead;
          // Shorter than announced: the client must see a broken transfer, not a short file.
          if (bytesRead === 0) this.destroy(new Error(`${path} became shorter while it was sent`));
          else this.push(buffer.subarray(0, bytesRead));
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      handle.close().then(
        () => callback(error),
        (closeError: Error) => callback(error ?? closeError),
      );
    },
  });
  reply.raw.once('close', () => {
    const complete = reply.raw.writableFinished;
    done({ status, bytes: complete ? bytes : Math.max(0, position - first), complete });
    body.destroy();
  });
  return reply.send(body);
}

/** The single byte range of a request; undefined = send all (also for what is no byte range, as RFC 9110 section 14.2 wants). */
export function parseRange(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first > last || first >= size ? 'unsatisfiable' : { first, last };
}
