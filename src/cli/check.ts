import type { Command } from 'commander';
import { problemLine } from '#settings/problem.js';
import { DEFAULT_CONFIG } from './defaults.js';
import { jsonOption } from './options.js';
import { print } from './print.js';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check a settings file on this machine: file, line, what is wrong, how to mend it')
    .option('--config <file>', 'settings file', DEFAULT_CONFIG)
    .addHelpText('after', '\nExamples:\n  fogd check\n  fogd check --config ./fogd.toml')
    .addOption(jsonOption())
    .action(async ({ config, json }: { readonly config: string; readonly json?: true }) => {
      const { parseSettings, readSettingsFile, withLine } = await import('#settings/load.js');
      const { problemsHere } = await import('#check.js');
      const text = readSettingsFile(config);
      const { settings, problems } = parseSettings(text);
      const here = settings === undefined ? [] : await problemsHere(settings);
      const all = [...problems, ...here.map((problem) => withLine(text, problem))];
      if (all.length > 0) process.exitCode = 1;
      if (json) return print({ json }, { config, ok: all.length === 0, problems: all }, []);
      for (const problem of all) process.stderr.write(`${problemLine(config, problem)}\n`);
      if (all.length === 0) process.stdout.write(`${config}: OK\n`);
    });
}
