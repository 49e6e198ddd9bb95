import type { Command } from 'commander';
import { problemLine } from '#settings/problem.js';
import { DEFAULT_CONFIG } from './defaults.js';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check a settings file on this machine: file, line, what is wrong, how to mend it')
    .option('--config <file>', 'settings file', DEFAULT_CONFIG)
    .action(async ({ config }: { config: string }) => {
      const { parseSettings, readSettingsFile, withLine } = await import('#settings/load.js');
      const { problemsHere } = await import('#check.js');
      const text = readSettingsFile(config);
      const { settings, problems } = parseSettings(text);
      const here = settings === undefined ? [] : await problemsHere(settings);
      const all = [...problems, ...here.map((problem) => withLine(text, problem))];
      for (const problem of all) process.stderr.write(`${problemLine(config, problem)}\n`);
      if (all.length > 0) process.exitCode = 1;
      else process.stdout.write(`${config}: OK\n`);
    });
}
