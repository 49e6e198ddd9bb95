#!/usr/bin/env node
import { CommanderError } from 'commander';
import { FogdError, messageOf } from '#errors.js';
import { createProgram } from './program.js';

/** Exit codes of the command line (docs/reference/cli.md). */
const FAILED = 1;
const USAGE = 2;

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    process.stderr.write(`fogd: ${error instanceof FogdError ? error.line : messageOf(error)}\n`);
    // Not exitCode: a daemon that failed on its way up holds sockets, and would go on as if nothing had happened.
    process.exit(FAILED);
  }
}
