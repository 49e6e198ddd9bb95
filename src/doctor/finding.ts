import type { World } from './world.js';

/** One line of `fogd doctor`. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly text: string;
  /** What to do; not for `ok`. */
  readonly remedy?: string;
}

/** Looks at one thing. What it finds are lines of their own; none where there is nothing to look at. */
export type Check = (world: World) => Promise<readonly Finding[]> | readonly Finding[];

export const ok = (text: string): Finding => ({ level: 'ok', text });
/** It works, and may not for long or not for all. */
export const warn = (text: string, remedy: string): Finding => ({ level: 'warn', text, remedy });
/** It does not work. */
export const fail = (text: string, remedy: string): Finding => ({ level: 'fail', text, remedy });
