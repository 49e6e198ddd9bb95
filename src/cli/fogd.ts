#!/usr/bin/env node
import { errnoOf } from '#errors.js';
import { run } from './run.js';

// `fogd host list | head -1`: who reads has enough.
process.stdout.on('error', (error) => {
  if (errnoOf(error) !== 'EPIPE') throw error;
  process.exit();
});

const code = await run(process.argv);
// Not exitCode: a daemon that failed on its way up holds sockets, and would go on as if nothing had happened.
if (code !== undefined) process.exit(code);
