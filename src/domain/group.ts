import { isUsableName } from './usable-name.js';

/** Hosts that are ordered tasks together (FOG's group). */
export interface Group {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
}

/** As image names: FOS lists both unquoted in a shell (spec fos-protocol 3.13). */
export function isGroupName(text: string): boolean {
  const isPlain = /^[^\p{C}\\/|<>"'`$*?[\]{}]{1,40}$/u.test(text) && text.trim() === text;
  return isPlain && isUsableName(text) && text !== '0';
}
