import type { Command } from 'commander';
import { asList, type ListOptions, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table, time } from './tables.js';

interface LoginView {
  readonly host: string;
  readonly user: string;
  readonly action: string;
  readonly at: number;
}

interface Options extends ListOptions {
  readonly json?: true;
  readonly host?: string;
  readonly user?: string;
}

export function addLogins(program: Command): void {
  const logins = program
    .command('logins')
    .description('who logged in and out at which host, as its FOG Client said; the newest first');
  asList(logins, 'logins', 50)
    .option('--host <name>', 'at this host')
    .option('--user <name>', 'this user')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fogd logins --host lab-pc-01')
    .action(async (options: Options) => {
      const { host, user } = options;
      const items = await listed<LoginView>(options, '/logins', { host, user });
      const rows = items.map(({ at, host, user, action }) => [time(at), host, user, action]);
      print(options, items, items.length === 0 ? ['none'] : table([['TIME', 'HOST', 'USER', ''], ...rows]));
    });
}
