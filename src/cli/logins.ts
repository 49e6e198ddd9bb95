import type { Command } from 'commander';
import { callApi } from './client.js';
import { jsonOption, numberOption, stateOption } from './options.js';
import { print } from './print.js';
import { table, time } from './tables.js';

interface LoginView {
  readonly host: string;
  readonly user: string;
  readonly action: string;
  readonly at: number;
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly host?: string;
  readonly user?: string;
  readonly limit: number;
}

export function addLogins(program: Command): void {
  program
    .command('logins')
    .description('who logged in and out at which host, as its FOG Client said; the newest first')
    .option('--host <name>', 'at this host')
    .option('--user <name>', 'this user')
    .addOption(numberOption('--limit <count>', 'how many at most').default(50))
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fogd logins --host lab-pc-01')
    .action(async (options: Options) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.host !== undefined) query.set('host', options.host);
      if (options.user !== undefined) query.set('user', options.user);
      const { items } = await callApi<{ readonly items: readonly LoginView[] }>(
        options.state,
        'GET',
        `/logins?${query}`,
      );
      const rows = items.map(({ at, host, user, action }) => [time(at), host, user, action]);
      print(options, items, items.length === 0 ? ['none'] : table([['TIME', 'HOST', 'USER', ''], ...rows]));
    });
}
