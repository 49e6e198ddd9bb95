import { argv, stdin, stdout } from 'node:process';
import { messageOf } from '#errors.js';
import type { ImageShape } from './image-shape.js';
import { type Verdict, verifyImage } from './verify-image.js';

/**
 * Verifies one generation in a process of its own, at low priority (verifier.ts): hashing and unpacking for an hour must not delay an
 * answer of fogd. Arguments: folder, shape as JSON. Prints lines of JSON.
 */
export type VerifyLine =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | Verdict
  /** It could not be found out. */
  | { readonly kind: 'failed'; readonly reason: string };

const TELL_EVERY_MS = 500;

const say = (line: VerifyLine): void => {
  stdout.write(`${JSON.stringify(line)}\n`);
};

// fogd holds the other end: when it is gone, so are we.
stdin.resume().once('end', () => process.exit(1));

let told = 0;
try {
  const [, , folder = '', shape = '{}'] = argv;
  const verdict = await verifyImage(folder, JSON.parse(shape) as ImageShape, (done, total) => {
    if (Date.now() - told < TELL_EVERY_MS) return;
    told = Date.now();
    say({ kind: 'progress', done, total });
  });
  say(verdict);
} catch (error) {
  say({ kind: 'failed', reason: messageOf(error) });
}
stdin.destroy();
