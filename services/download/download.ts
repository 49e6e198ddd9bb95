import { messageOf } from '#errors.js';
import { downloadErrors } from './errors.js';

/** More than any kernel, init or boot loader has. */
const MOST_BYTES = 2 * 1024 ** 3;
/** Without a byte for so long it will not come. */
const SILENCE_MS = 30_000;

/**
 * The body of an http or https URL, at an admin's word. `tell`: how many bytes the server says that it has, where it does. Rejects with
 * DOWNLOAD_FAILED; a connection that breaks off is no end of a file.
 */
export async function* download(url: string, tell?: (bytes: number) => void): AsyncIterable<Uint8Array> {
  const { target, headers } = withoutPassword(url);
  const fail = (reason: string, cause?: unknown) =>
    downloadErrors.DOWNLOAD_FAILED({ url: target, reason }, cause);
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(), SILENCE_MS);
  try {
    const answer = await fetch(target, { headers, signal: controller.signal });
    if (!answer.ok || !answer.body) throw fail(`the server answers ${answer.status}`);
    const told = answer.headers.get('content-length');
    // Of what is packed, the length says how much comes over the wire, and we get what is in it.
    const length = told === null || answer.headers.has('content-encoding') ? undefined : Number(told);
    if (length !== undefined) tell?.(length);
    let bytes = 0;
    for await (const chunk of answer.body) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), SILENCE_MS);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw fail('it is larger than 2 GiB');
      yield chunk;
    }
    if (length !== undefined && length !== bytes) throw fail(`${bytes} of ${length} bytes came`);
  } catch (error) {
    if (controller.signal.aborted) throw fail(`nothing came for ${SILENCE_MS / 1000} s`, error);
    if (error instanceof Error && error.name === 'FogdError') throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw fail(messageOf(cause), error);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** Name and password of an address go into a header, and into no text. */
function withoutPassword(url: string): { readonly target: string; readonly headers: Record<string, string> } {
  const target = new URL(url);
  const { username, password } = target;
  target.username = '';
  target.password = '';
  const both = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(both).toString('base64')}`;
  return { target: target.href, headers: username === '' ? {} : { authorization } };
}
