/**
 * Ending what runs in a network namespace. Servers that fogd starts on purpose so that they outlive it (NFS) are in
 * nobody's process group and carry no owner mark; the namespace is what still names them.
 */
import { spawnSync } from 'node:child_process';
import { command } from './process.js';

const ROUNDS = 1_500;
const ROUND_MS = 20;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const pidsIn = (text: string): number[] =>
  text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);

/**
 * Kills every process in the namespace and waits until none is left (zombies are in no namespace). A namespace that is
 * gone is empty. Fails after half a minute.
 */
export async function emptyNamespace(name: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = pidsIn((await command(['ip', 'netns', 'pids', name])).stdout);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
  throw new Error(`processes in namespace ${name} do not end`);
}

/** The same without waiting, for the last resort of a run. */
export function emptyNamespaceNow(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  for (const pid of pidsIn(stdout ?? '')) kill(pid);
}
