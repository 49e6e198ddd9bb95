import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';

/**
 * Builds one of the programs of bench/bare, which do nothing but answer: what they reach is what this machine, its kernel and the load
 * generator allow at most. Needs a C compiler. Returns the program's path, in `folder`.
 */
export async function buildBare(name: 'dhcp' | 'tftp', folder: string): Promise<string> {
  const program = join(folder, `bare-${name}`);
  if (!existsSync(program))
    await mustRun(['cc', '-O2', '-o', program, inRepository('bench', 'bare', `${name}.c`)]);
  return program;
}
