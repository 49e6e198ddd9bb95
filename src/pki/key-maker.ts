import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { converse } from '#daemon/child.js';
import { pkiErrors } from './errors.js';

const PROGRAM = fileURLToPath(new URL('key-process.js', import.meta.url));

/** Makes an RSA key, PEM (PKCS #8). Rejects with PKI_KEY_NOT_MADE, also when the signal ends it. */
export type KeyMaker = (bits: number, signal: AbortSignal) => Promise<string>;

/**
 * In a process of its own, behind those that answer machines: 4096 bits take seconds, and Node's thread pool cannot be told to stop, so
 * that fogd could not end before (seen: an exit that waited for six seconds).
 */
export const makeKeyApart: KeyMaker = async (bits, signal) => {
  const child = await converse(['nice', '-n', '10', process.execPath, PROGRAM, String(bits)]).catch(
    (error: unknown) => {
      throw pkiErrors.PKI_KEY_NOT_MADE({ reason: String(error) }, error);
    },
  );
  const end = () => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  try {
    if (signal.aborted) end();
    const key = await text(child.output);
    const { code, signal: killedBy } = await child.exited;
    if (code === 0) return key;
    throw pkiErrors.PKI_KEY_NOT_MADE({ reason: child.errors().trim().slice(-300) || `ended by ${killedBy}` });
  } finally {
    signal.removeEventListener('abort', end);
  }
};
