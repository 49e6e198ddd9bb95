import type { Command } from 'commander';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { serviceTable } from './tables.js';

/** Some service has failed; the others run. */
const DEGRADED = 3;

interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what runs, and what to do about what does not (exit code 3 when a service has failed)')
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(async ({ state, json }: { state: string; json?: true }) => {
      const status = await callApi<Status>(state, 'GET', '/status');
      const since = new Date(status.startedAt).toISOString();
      const text = [`fogd ${status.version}, running since ${since}`, ...serviceTable(status.services)].join(
        '\n',
      );
      process.stdout.write(`${json ? JSON.stringify(status, null, 2) : text}\n`);
      if (status.services.some((service) => service.state === 'failed')) process.exitCode = DEGRADED;
    });
}
