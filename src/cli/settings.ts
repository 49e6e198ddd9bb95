import type { Command } from 'commander';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table } from './tables.js';

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addSettings(program: Command): void {
  program
    .command('settings')
    .description('what fogd was told by its settings file and its start')
    .addHelpText('after', '\nExample:\n  fogd settings show')
    .command('show')
    .description('all settings in force, also those that no file names')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  fogd settings show\n  fogd settings show --json | jq .dhcp')
    .action(async (options: Options) => {
      const settings = await callApi<object>(options.state, 'GET', '/settings');
      print(options, settings, table(rowsOf('', settings)));
    });
}

/** `dhcp.mode  off`: the names that the settings file and docs/reference/settings.md use. */
function rowsOf(path: string, value: unknown): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    rowsOf(path === '' ? name : `${path}.${name}`, inner),
  );
}
