import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Upload } from '#actions/manage-snapins.js';
import type { Clock } from '#daemon/clock.js';
import { httpErrors } from '../errors.js';

export const UPLOAD_TYPE = 'application/octet-stream';
/** Without a byte for so long no more will come. */
const SILENCE_MS = 120_000;

/** Lets the routes of an instance take files: the body is the file, and stays unread until the route reads it. */
export function acceptUploads(instance: FastifyInstance): void {
  instance.addContentTypeParser(UPLOAD_TYPE, (_request, _body, done) => done(null));
}

/** The file that a request brings, as it comes. Reading it rejects with UPLOAD_BROKEN_OFF when the sender goes away or falls silent. */
export function uploadOf({ raw }: FastifyRequest, clock: Clock): Pick<Upload, 'source' | 'bytes'> {
  const told = raw.headers['content-length'];
  return { source: bytesOf(raw, clock), ...(told === undefined ? {} : { bytes: Number(told) }) };
}

async function* bytesOf(raw: FastifyRequest['raw'], clock: Clock): AsyncIterable<Uint8Array> {
  let isSilent = false;
  const watch = () =>
    clock.after(SILENCE_MS, () => {
      isSilent = true;
      raw.destroy();
    });
  let cancel = watch();
  try {
    for await (const chunk of raw) {
      cancel();
      yield chunk as Buffer;
      // Not while the disk takes its time.
      cancel = watch();
    }
  } catch (error) {
    const reason = isSilent ? `nothing came for ${SILENCE_MS / 1000} s` : 'the sender went away';
    throw httpErrors.UPLOAD_BROKEN_OFF({ reason }, error);
  } finally {
    cancel();
  }
}
