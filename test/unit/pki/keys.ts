import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyMaker } from '#pki/key-maker.js';

const generate = promisify(generateKeyPair);
const made = new Map<string, Promise<string>>();

/** A key of that size and name, PEM; made once for all tests. OpenSSL takes none below 2048 bits for TLS. */
export function testKey(name: string, bits = 2048): Promise<string> {
  const known = made.get(`${name} ${bits}`);
  if (known) return known;
  const fresh = generate('rsa', { modulusLength: bits }).then(
    ({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  );
  made.set(`${name} ${bits}`, fresh);
  return fresh;
}

/** Too short for TLS, long enough for everything else. */
export const SHORT = 1024;

/** Gives short keys of these names, in the order in which they are asked for. */
export function keysInOrder(...names: readonly string[]): KeyMaker & { readonly asked: number[] } {
  const asked: number[] = [];
  const make = (bits: number) => {
    const name = names[asked.length] ?? `key ${asked.length}`;
    asked.push(bits);
    return testKey(name, SHORT);
  };
  return Object.assign(make, { asked });
}
