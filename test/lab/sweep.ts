/**
 * Removes what killed runs left behind: processes, network namespaces (with their taps and bridges), control
 * groups and temporary folders of the lab's naming scheme whose owner is dead. Nothing else is ever touched.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlGroups, removeControlGroup } from './control-group.js';
import { isDead, OWNER_VARIABLE, ownerOfName, parseOwnerKey } from './names.js';
import { emptyNamespace } from './namespace.js';
import { command, mustRun } from './process.js';

/** What was removed, for the run's first lines. */
export interface Swept {
  readonly processes: number;
  readonly namespaces: readonly string[];
  readonly folders: readonly string[];
}

/** Pids of processes whose environment says that they belong to a lab run whose owner is dead. */
function orphans(): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let environment: string;
    try {
      environment = readFileSync(`/proc/${entry}/environ`, 'utf8');
    } catch {
      continue; // Ended meanwhile, or a kernel thread.
    }
    const mark = environment.split('\0').find((line) => line.startsWith(`${OWNER_VARIABLE}=`));
    const owner = mark && parseOwnerKey(mark.slice(OWNER_VARIABLE.length + 1));
    if (owner && isDead(owner)) found.push(Number(entry));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isLeftOver(name: string): boolean {
  const owner = ownerOfName(name);
  return owner !== undefined && isDead(owner);
}

export async function sweep(): Promise<Swept> {
  const pids = orphans();
  for (const pid of pids) kill(pid);

  const list = await mustRun(['ip', 'netns', 'list']);
  const namespaces = list
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter(isLeftOver);
  for (const namespace of namespaces) {
    // A namespace lives on, without a name, as long as a process is in it.
    await emptyNamespace(namespace);
    const removed = await command(['ip', 'netns', 'delete', namespace]);
    // Two runs that start together sweep the same left-overs; the slower one finds them gone.
    if (removed.code !== 0 && !removed.stderr.includes('No such file')) {
      throw new Error(`ip netns delete ${namespace}: ${removed.stderr}`);
    }
  }

  for (const group of controlGroups().filter(isLeftOver)) removeControlGroup(group);

  const folders = readdirSync(tmpdir())
    .filter(isLeftOver)
    .map((name) => join(tmpdir(), name));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  return { processes: pids.length, namespaces, folders };
}
