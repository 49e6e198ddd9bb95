import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * The envelope of FOG Client (spec client-protocol 2.5): AES-256-CBC, a fresh IV in front, zeros up to the next whole block and none where
 * the text ends with one. PKCS #7 would leave its last bytes in the client's JSON.
 */

export const BLOCK_BYTES = 16;
export const KEY_BYTES = 32;

/** `#!en=` is customary in the answer to a handshake, `#!enkey=` everywhere else; to the client they are the same. */
export type EnvelopePrefix = '#!en=' | '#!enkey=';

/** The whole body: one byte more, and the client's hexadecimal text is odd and its cycle lost. `iv`: 16 random bytes, never used twice. */
export function seal(prefix: EnvelopePrefix, text: string, key: Uint8Array, iv: Buffer): string {
  const padded = Buffer.allocUnsafe(Math.ceil(Buffer.byteLength(text) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.fill(0, padded.write(text));
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const sealed = cipher.update(padded);
  // Whole blocks: nothing is left.
  cipher.final();
  return `${prefix}${iv.toString('hex')}|${sealed.toString('hex')}`;
}

/**
 * The text of an envelope as the client reads it: without any NUL, and without white space at its ends. A wrong key gives garbage, not an
 * error. Throws a RangeError for what is no envelope.
 */
export function open(body: string, key: Uint8Array): string {
  const [, iv = '', sealed = ''] =
    /^#!en(?:key)?=([0-9a-fA-F]{32})\|((?:[0-9a-fA-F]{32})*)$/.exec(body) ?? [];
  if (iv === '') throw new RangeError('this is no envelope');
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'hex')).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(sealed, 'hex'), decipher.final()]);
  return plain.toString('utf8').replaceAll('\0', '').trim();
}
