import type { Command } from 'commander';
import { problemLine } from '#settings/problem.js';
import { DEFAULT_CONFIG } from './defaults.js';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check a settings file: file, line, what is wrong, how to mend it')
    .option('--config <file>', 'settings file', DEFAULT_CONFIG)
    .action(async ({ config }: { config: string }) => {
      const { parseSettings, readSettingsFile } = await import('#settings/load.js');
      const { problems } = parseSettings(readSettingsFile(config));
      for (const problem of problems) process.stderr.write(`${problemLine(config, problem)}\n`);
      if (problems.length > 0) process.exitCode = 1;
      else process.stdout.write(`${config}: OK\n`);
    });
}
