import { ACTIVE_STATES, TaskState } from './task.js';

/** One snapin that a host is to run (FOG's snapin task), and the job that holds those of one host (spec client-protocol 5.4). */
export interface SnapinTask {
  /** Random, below 2^31: the client names it in every call, and nobody shall guess it (spec 10.2). */
  readonly id: number;
  readonly jobId: number;
  readonly hostId: number;
  /** Null where the snapin was removed since. */
  readonly snapinId: number | null;
  /** As it was called when it was ordered. */
  readonly snapin: string;
  readonly state: TaskState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
  /** How often its file was asked for. */
  readonly attempts: number;
  /** SHA-512 that the client was told last. */
  readonly offered: string;
  readonly checkedInAt: number | null;
  readonly startedAt: number | null;
  /** When its file had gone out whole. */
  readonly sentAt: number | null;
  readonly finishedAt: number | null;
  /** Of the program; -1 also where the client could not run it. Null: none was told. */
  readonly exitCode: number | null;
  readonly details: string;
}

/** FOG's return code of a task that a newer one took the place of. */
export const REPLACED = -9999;
export const REPLACED_DETAILS = 'Cancelled due to new tasking.';
/** FOG's return code and words from the download to the report. */
export const PENDING = { exitCode: -1, details: 'Pending...' } as const;

/** When its client asks for its snapins again instead. */
export const UNREPORTED = { exitCode: null, details: 'no exit code came back; it is offered again' } as const;

/**
 * How often the file of one task is handed out. A client that never reports is a machine that restarts while the program runs, or that
 * cannot reach the server any more: it must neither run it for ever nor keep those behind it from their turn.
 */
export const ATTEMPTS = 3;

/** What becomes of a task whose client reports: its next state and what is told of it. */
export interface Reported {
  readonly state: TaskState;
  readonly exitCode: number;
  readonly details: string;
}

/**
 * -1 is what the client says of a file that did not arrive, but also of a program that it killed, and a program may end with it itself (spec
 * 5.3). Only where fogd knows that the file did not go out whole did nothing run, and is it offered again.
 */
export function reportOutcome(task: SnapinTask, exitCode: number, said: string): Reported {
  const arrived = task.sentAt !== null;
  if (exitCode === -1 && !arrived) {
    const left = task.attempts < ATTEMPTS;
    const times = task.attempts === 1 ? 'once' : `${task.attempts} times`;
    return left
      ? { state: TaskState.queued, exitCode, details: 'the file did not arrive whole; it is offered again' }
      : { state: TaskState.failed, exitCode, details: `the file was asked for ${times} and never arrived` };
  }
  const details = said === '' && exitCode === -1 ? 'the client could not run it, or killed it' : said;
  return { state: TaskState.complete, exitCode, details };
}

/** Why a task is not offered once more; undefined: it is. */
export function spent(task: SnapinTask): string | undefined {
  if (task.attempts < ATTEMPTS) return undefined;
  return task.sentAt === null
    ? `the file was asked for ${task.attempts} times and never arrived`
    : `the file was sent ${task.attempts} times and no exit code came back: the machine may restart while it runs`;
}

export const isOpen = ({ state }: Pick<SnapinTask, 'state'>): boolean => ACTIVE_STATES.includes(state);

/** The exit code of a process as the client writes it, a signed number of 32 bits; undefined: it is none. */
export function parseExitCode(text: string): number | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined;
  const code = Number(text);
  // Windows' own way to write NTSTATUS codes has no sign.
  return code >= -(2 ** 31) && code < 2 ** 32 ? code | 0 : undefined;
}

/** What the main poll and the check-in tell the client of one snapin (spec 5.1), in FOG's order and types. */
export interface SnapinEntry {
  readonly pack: boolean;
  readonly hide: boolean;
  readonly timeout: string;
  readonly jobtaskid: string;
  readonly jobcreation: string;
  readonly name: string;
  readonly args: string;
  readonly action: string;
  readonly filename: string;
  readonly runwith: string;
  readonly runwithargs: string;
  readonly hash: string;
  readonly size: number;
  readonly url: string;
}

/** The module's object in the client's JSON (spec 3.5). */
export type SnapinOffer = { readonly error: 'it' | 'ns' } | { readonly snapins: readonly SnapinEntry[] };
