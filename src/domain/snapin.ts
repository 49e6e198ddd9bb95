import { isUsableName } from './usable-name.js';

/** A program that the FOG Client fetches and runs (FOG's snapin, data-model 2.4). Pure: `snapins.ts` of the store keeps them. */
export interface Snapin {
  readonly id: number;
  /** Shown to the user; of a pack also the folder that the client unpacks it to. */
  readonly name: string;
  readonly description: string;
  /** What the client calls the file. */
  readonly file: string;
  readonly args: string;
  /** The program that runs the file, or of a pack the program in it; empty: the file itself. */
  readonly runWith: string;
  readonly runWithArgs: string;
  /** After it has run. */
  readonly action: SnapinAction;
  /** The client shall not write the arguments into its log. */
  readonly hide: boolean;
  /** Seconds until the client kills it; 0: never. */
  readonly timeout: number;
  /** The file is a zip archive that the client unpacks first. */
  readonly pack: boolean;
  /** Neither its file may be replaced nor it be removed. */
  readonly protected: boolean;
  /** One that is not is left out of new tasks. */
  readonly enabled: boolean;
  /** Whether other storage nodes shall have its file (FOG's toReplicate): kept and told; with one node nothing follows from it. */
  readonly toReplicate: boolean;
  /** Hexadecimal, lower case, of what was taken in. */
  readonly sha512: string;
  /** Bytes. */
  readonly size: number;
  /** Its name in the folder of the snapins: another one with each file that is taken in, so that a new one never lies where an old one is read. */
  readonly stored: string;
  /** Tells a file that was touched since it was last found to hold `sha512` (files/rooted-path.ts). */
  readonly identity: string;
  /** Why its file cannot be handed out; empty: it can. */
  readonly damage: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
}

export const SNAPIN_ACTIONS = ['', 'reboot', 'shutdown'] as const;
export type SnapinAction = (typeof SNAPIN_ACTIONS)[number];

/** How a snapin is run: what people choose. */
export type SnapinCommand = Pick<Snapin, 'args' | 'runWith' | 'runWithArgs' | 'pack'>;

const LONGEST_NAME = 100;
const LONGEST_FILE_BYTES = 200;
/** FOG's columns (data-model 2.4); `args` has no end there. */
const LONGEST: Readonly<Record<'args' | 'runWith' | 'runWithArgs', number>> = {
  args: 2_000,
  runWith: 245,
  runWithArgs: 200,
};
/** The longest that the client can wait for: it counts milliseconds in 32 bits. */
export const LONGEST_TIMEOUT = 2_147_483;

/** Names that are devices on Windows, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Whether the client, which is SYSTEM on its machine, can take this for the name of a file or folder (spec client-protocol 5.1, 10.2). Windows
 * drops a blank or a dot at the end, so that another name would come about.
 */
function isPlainName(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}\\/:*?"<>|]+$/u.test(text) && !/^[ .]|[ .]$/.test(text) && !DEVICE.test(text);
}

export function isSnapinName(text: string): boolean {
  return text.length <= LONGEST_NAME && isPlainName(text) && isUsableName(text) && !text.includes('..');
}

/** Whether a host may not have so many (FOG_SNAPIN_LIMIT; 0: any number). Those that it `had` it keeps when the limit is lowered. */
export function isOverSnapinLimit(count: number, limit: number, had = 0): boolean {
  return limit > 0 && count > Math.max(limit, had);
}

export function isSnapinFile(text: string): boolean {
  return Buffer.byteLength(text) <= LONGEST_FILE_BYTES && isPlainName(text);
}

/** Why it cannot be run like that; undefined: it can. */
export function commandFault(command: SnapinCommand): string | undefined {
  for (const [field, longest] of Object.entries(LONGEST)) {
    const value = command[field as keyof typeof LONGEST];
    if (value.length > longest) return `${field} is longer than ${longest} characters`;
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return `${field} has control characters`;
  }
  // The client would try to execute the archive itself (spec 5.6).
  if (command.pack && command.runWith === '') return 'a pack needs the program in it that is run (run-with)';
  // It is dropped there; whoever sets it would wait for its effect.
  if (command.pack && command.args !== '') return 'a pack has no args: write them into run-with-args';
  return undefined;
}
