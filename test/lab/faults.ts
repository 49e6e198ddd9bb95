/** Taking away what a task needs, in the middle of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Note {
  readonly pid: number;
  readonly argv: readonly string[];
}

/**
 * Kills the NFS server that the daemon noted in its state folder, without a word to anybody. Returns its pid. Fails when the state names
 * none, or when the process of that number is another program.
 */
export function killNfsServer(state: string): number {
  const folder = join(state, 'nfs');
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.json')) continue;
    const { pid, argv } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Note;
    if (!argv.some((word) => word.includes('ganesha.nfsd'))) continue;
    const running = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (!running.includes('ganesha.nfsd'))
      throw new Error(`process ${pid} is ${running}, not the NFS server`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }
  throw new Error(`no NFS server is noted in ${folder}: ${readdirSync(folder).join(', ')}`);
}
