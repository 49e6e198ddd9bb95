import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BootFiles, OpenBootFile } from '#files/boot-files.js';

/** What serves files by HTTP needs of the boot-file store. */
export type BootFileSource = Pick<BootFiles, 'open' | 'explain' | 'has'>;

export interface SentFile {
  readonly status: 200 | 206 | 416;
  /** Bytes of the body. */
  readonly bytes: number;
}

/**
 * Sends one open file, whole or the single range asked for (RFC 9110 section 14), and closes it. The store gives the bytes: what many
 * machines fetch at once is read once and held once. `done` is told how many bytes really went out.
 */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: OpenBootFile,
  done: (sent: SentFile & { readonly complete: boolean }) => void,
): FastifyReply {
  const range = parseRange(request.headers.range, file.size);
  reply
    .header('accept-ranges', 'bytes')
    .header('last-modified', new Date(file.mtimeMs).toUTCString())
    .type('application/octet-stream');
  if (range === 'unsatisfiable') {
    file.close();
    done({ status: 416, bytes: 0, complete: true });
    return reply.code(416).header('content-range', `bytes */${file.size}`).send();
  }
  const { first, last } = range ?? { first: 0, last: file.size - 1 };
  const bytes = last - first + 1;
  const status = range ? 206 : 200;
  if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${file.size}`);
  reply.header('content-length', bytes);
  if (request.method === 'HEAD' || bytes === 0) {
    file.close();
    return reply.send();
  }
  const body = new FileBody(file, first, last);
  reply.raw.once('close', () => {
    const complete = reply.raw.writableFinished;
    done({ status, bytes: complete ? bytes : body.position - first, complete });
    body.destroy();
  });
  return reply.send(body);
}

/** The bytes `position` to `last` of a file, in the pieces in which the store holds them: those cost no copy. */
class FileBody extends Readable {
  constructor(
    private readonly file: OpenBootFile,
    /** Where the next piece begins. */
    public position: number,
    private readonly last: number,
  ) {
    super({ highWaterMark: file.chunkBytes });
  }

  override _read(): void {
    const { file, position, last } = this;
    if (position > last) {
      this.push(null);
      return;
    }
    const length = Math.min(file.chunkBytes - (position % file.chunkBytes), last - position + 1);
    this.position += length;
    const ready = file.cached(position, length);
    if (ready) this.push(ready);
    // FILE_CHANGED: the client must see a broken transfer, not a file of two halves.
    else
      file.read(position, length).then(
        (piece) => this.push(piece),
        (error: Error) => this.destroy(error),
      );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.file.close();
    callback(error);
  }
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
