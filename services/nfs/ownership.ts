import { readFile, rm } from 'node:fs/promises';
import { errnoOf } from '#errors.js';
import { writeDurably } from '#files/write-durably.js';

/**
 * Which process is ours. A pid alone proves nothing (pids come again); pid, start time and command line together do. Noted in a file, so
 * that a fogd that starts after a crash finds the NFS server that went on without it, and does not start a second one.
 */
export interface Owned {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: string;
  readonly argv: readonly string[];
}

interface Facts {
  readonly state: string;
  readonly startTime: string;
}

/** State letter and start time out of the text of /proc/PID/stat; the second field, in brackets, may hold blanks and brackets itself. */
export function statFacts(stat: string): Facts {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
}

async function facts(pid: number): Promise<Facts | undefined> {
  // ENOENT, ESRCH: there is no such process.
  return await readFile(`/proc/${pid}/stat`, 'utf8').then(statFacts, () => undefined);
}

/** True while the very process runs. A zombie has ended, even where nobody reaps it. */
export async function isAlive(owned: Owned): Promise<boolean> {
  const found = await facts(owned.pid);
  return (
    found !== undefined && found.state !== 'Z' && found.state !== 'X' && found.startTime === owned.startTime
  );
}

async function commandLine(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}

/** What a running process is; undefined when it has ended. */
export async function identify(pid: number, argv: readonly string[]): Promise<Owned | undefined> {
  const found = await facts(pid);
  return found && found.state !== 'Z' ? { pid, startTime: found.startTime, argv } : undefined;
}

export async function note(file: string, owned: Owned): Promise<void> {
  await writeDurably(file, `${JSON.stringify(owned)}\n`);
}

/** The process of the note, if it still runs and is what would be started now; else undefined, and the note is forgotten. */
export async function adopt(file: string, argv: readonly string[]): Promise<Owned | undefined> {
  const owned = await readNote(file);
  if (owned && (await isAlive(owned)) && sameWords(await commandLine(owned.pid), argv)) {
    return { ...owned, argv };
  }
  await forget(file);
  return undefined;
}

export async function forget(file: string): Promise<void> {
  await rm(file, { force: true });
}

async function readNote(file: string): Promise<Owned | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return parseNote(text);
}

/** A note that is damaged is no note. */
export function parseNote(text: string): Owned | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pid, startTime, argv } = (value ?? {}) as Partial<Record<keyof Owned, unknown>>;
  if (!Number.isInteger(pid) || typeof startTime !== 'string' || !Array.isArray(argv)) return undefined;
  // kill(0) and kill(-1) mean something else.
  if ((pid as number) <= 1) return undefined;
  return { pid: pid as number, startTime, argv: argv.map(String) };
}

const sameWords = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, index) => word === b[index]);
