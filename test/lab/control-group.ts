/**
 * A control group for a container. Its systemd manages the one in which it finds itself: two containers in the same one end each other's
 * units, and what they leave there is the next one's.
 */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Version 2 alone, or beside version 1. */
const TREES = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];

const ENTER = `name=$1
shift
for tree in ${TREES.join(' ')}; do
  [ -e "$tree/cgroup.procs" ] || continue
  mkdir "$tree/$name"
  echo $$ >"$tree/$name/cgroup.procs"
done
exec "$@"`;

const trees = () => TREES.filter((tree) => existsSync(join(tree, 'cgroup.procs')));

/** A command that makes the group and runs in it. */
export function inControlGroup(name: string, argv: readonly string[]): string[] {
  return ['sh', '-euc', ENTER, 'sh', name, ...argv];
}

/** Names of all control groups at the top. */
export function controlGroups(): string[] {
  return [...new Set(trees().flatMap((tree) => readdirSync(tree)))];
}

/** With all below it. One in which a process still ends stays for the next sweep. */
export function removeControlGroup(name: string): void {
  for (const tree of trees())
    try {
      remove(join(tree, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Gone, also by the sweep of another run.
      if (code !== 'ENOENT' && code !== 'EBUSY') throw error;
    }
}

function remove(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) remove(join(folder, entry.name));
  rmdirSync(folder);
}
