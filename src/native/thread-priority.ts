import { attempt } from './libc.js';

const SCHED_OTHER = 0;
const SCHED_IDLE = 5;
const RLIMIT_NICE = 13;
/** What RLIMIT_NICE counts from. */
const NICE_OF_LIMIT_0 = 20;

/** `spare`: only time that no other thread of the machine asks for. `share`: by its nice value, as any thread. */
export type ThreadTurn = 'spare' | 'share';

/**
 * Whether a thread that took spare time only may have its share again afterwards (`nice`: its nice value): without the right to it
 * (RLIMIT_NICE, see systemd/fogd.service), one that is left without time would stay so (sched(7)).
 */
export function mayReturnToShare(nice: number): boolean {
  if (process.geteuid?.() === 0) return true;
  const limits = Buffer.alloc(16);
  if (attempt('int getrlimit(int resource, void *limits)', RLIMIT_NICE, limits) < 0) return false;
  return limits.readBigUInt64LE() >= BigInt(NICE_OF_LIMIT_0 - nice);
}

/** Tells the kernel when a thread of this process runs, by its number in /proc/self/task. Returns whether it agreed. */
export function setThreadTurn(thread: number, turn: ThreadTurn): boolean {
  const signature = 'int sched_setscheduler(int thread, int policy, const void *priority)';
  return attempt(signature, thread, turn === 'spare' ? SCHED_IDLE : SCHED_OTHER, Buffer.alloc(4)) >= 0;
}
