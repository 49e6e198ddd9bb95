/**
 * Names of everything a lab run leaves on the machine: `fogd-lab-<pid>-<start>-<n>-<role>`.
 *
 * The name carries its owner, so that a later run can tell what a killed run left behind without any
 * register that could itself be lost. The pid alone is no proof (pids are recycled); pid plus the start
 * time from the kernel is.
 */
import { readFileSync } from 'node:fs';

const PREFIX = 'fogd-lab';
const NAME = /^fogd-lab-(\d+)-(\d+)-/;

/** Environment variable that every process of the lab inherits; its value is the owner's key. */
export const OWNER_VARIABLE = 'FOGD_LAB_OWNER';

/** A process that owns lab resources; `startTime` in clock ticks since boot (field 22 of /proc/PID/stat). */
export interface Owner {
  readonly pid: number;
  readonly startTime: string;
}

/** State letter and start time of a process, or undefined when there is none with this pid. */
function processFacts(pid: number): { state: string; startTime: string } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the command in brackets and may itself hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', startTime: fields[19] ?? '0' };
}

/** The process that runs this code. */
export const thisOwner: Owner = {
  pid: process.pid,
  startTime: processFacts(process.pid)?.startTime ?? '0',
};

export function ownerKey(owner: Owner): string {
  return `${owner.pid}-${owner.startTime}`;
}

export function parseOwnerKey(key: string): Owner | undefined {
  const match = /^(\d+)-(\d+)$/.exec(key);
  return match?.[1] && match[2] ? { pid: Number(match[1]), startTime: match[2] } : undefined;
}

let counter = 0;

/** One prefix for each network or temporary folder of this run; several scenarios may run side by side. */
export function uniquePrefix(): string {
  counter += 1;
  return `${PREFIX}-${ownerKey(thisOwner)}-${counter}`;
}

/** The owner that a lab name carries, or undefined when the name is not the lab's. */
export function ownerOfName(name: string): Owner | undefined {
  const match = NAME.exec(name);
  return match?.[1] && match[2] ? { pid: Number(match[1]), startTime: match[2] } : undefined;
}

/**
 * True when the owner runs no more. A zombie counts as dead: where PID 1 reaps nothing, killed processes
 * stay in the table for ever.
 */
export function isDead(owner: Owner): boolean {
  const facts = processFacts(owner.pid);
  return facts === undefined || facts.state === 'Z' || facts.startTime !== owner.startTime;
}
