import { CommanderError } from 'commander';
import { messageOf } from '#errors.js';
import { createProgram } from './program.js';
import { oneLine } from './tables.js';

const FAILED = 1;

/**
 * Runs one command line, `argv` as the process has it. What is wrong is one line on standard error. Gives the exit code of what ended before its
 * time; undefined when the command came to its end and has set `process.exitCode` itself where that is not 0.
 */
export async function run(argv: readonly string[]): Promise<number | undefined> {
  try {
    await createProgram().parseAsync(argv);
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`fogd: ${messageOf(error).split('\n').map(oneLine).join('\n')}\n`);
    return FAILED;
  }
}
