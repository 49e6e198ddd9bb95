import { constants, createPrivateKey, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { unpad } from './unpad.js';
import { type FromUnwrapWorker, type Opened, type ToUnwrapWorker, UNWRAP_NICE } from './unwrapper.js';

/**
 * The thread that decrypts what FOG Clients encrypt to the server's key: one RSA-4096 decryption takes 4 ms, and a handshake has two. Raw
 * RSA, since Node refuses PKCS #1 v1.5 where OpenSSL does not reject implicitly (spec client-protocol 2.9).
 */

const SESSION_KEY_BYTES = 32;
const TOKEN_BYTES = 64;

// On Linux of this thread alone: where there is one processor, DHCP goes first.
setPriority(UNWRAP_NICE);
// Whoever gets no time cannot ask for it: that is done from outside.
parentPort?.postMessage({
  thread: Number(basename(readlinkSync('/proc/thread-self'))),
} satisfies FromUnwrapWorker);

let key: KeyObject | undefined;

parentPort?.on('message', (message: ToUnwrapWorker) => {
  if ('pem' in message) {
    key = createPrivateKey(message.pem);
    return;
  }
  const opened = unwrap(message.sealedKey, message.sealedToken);
  parentPort?.postMessage({ ...opened, id: message.id } satisfies FromUnwrapWorker);
});

function unwrap(sealedKey: Uint8Array, sealedToken: Uint8Array): Opened {
  const blocks = [raw(sealedKey), raw(sealedToken)] as const;
  // Longer or larger than the modulus, which everybody knows: nothing is given away.
  if (!blocks[0] || !blocks[1]) return {};
  return {
    key: unpad(blocks[0], randomBytes(SESSION_KEY_BYTES), true),
    token: unpad(blocks[1], randomBytes(TOKEN_BYTES), false),
  };
}

function raw(sealed: Uint8Array): Buffer | undefined {
  if (!key || sealed.length * 8 !== key.asymmetricKeyDetails?.modulusLength) return undefined;
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, sealed);
  } catch {
    return undefined;
  }
}
