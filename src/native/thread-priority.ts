import { readFileSync } from 'node:fs';
import { attempt } from './libc.js';

const SCHED_OTHER = 0;
const SCHED_IDLE = 5;
const RLIMIT_NICE = 13;
const CAP_SYS_NICE = 23n;
/** What RLIMIT_NICE counts from. */
const NICE_OF_LIMIT_0 = 20;

/** `spare`: only time that no other thread of the machine asks for. `share`: by its nice value, as any thread. */
export type ThreadTurn = 'spare' | 'share';

/**
 * Whether a thread that took spare time only may have its share again afterwards (`nice`: its nice value): without the right to it
 * (RLIMIT_NICE, see systemd/fogd.service), one that is left without time would stay so (sched(7)).
 */
export function mayReturnToShare(nice: number): boolean {
  if (hasCapability(CAP_SYS_NICE)) return true;
  const limits = Buffer.alloc(16);
  if (attempt('int getrlimit(int resource, void *limits)', RLIMIT_NICE, limits) < 0) return false;
  return limits.readBigUInt64LE() >= BigInt(NICE_OF_LIMIT_0 - nice);
}

/** Tells the kernel when a thread of this process runs, by its number in /proc/self/task. Returns whether it agreed. */
export function setThreadTurn(thread: number, turn: ThreadTurn): boolean {
  const signature = 'int sched_setscheduler(int thread, int policy, const void *priority)';
  return attempt(signature, thread, turn === 'spare' ? SCHED_IDLE : SCHED_OTHER, Buffer.alloc(4)) >= 0;
}

/** On the machine itself: what root of a container with users of its own has does not count with the kernel here (user_namespaces(7)). */
function hasCapability(bit: bigint): boolean {
  if (!/^\s*0\s+0\s+4294967295$/m.test(readFileSync('/proc/self/uid_map', 'utf8'))) return false;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return ((BigInt(`0x${effective ?? '0'}`) >> bit) & 1n) === 1n;
}
