import { type Command, Option } from 'commander';
import { callApi } from './client.js';
import { jsonOption, numberOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, time } from './tables.js';

interface EntryView {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly summary: string;
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly actor?: string;
  readonly search?: string;
  readonly limit: number;
}

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('who changed what')
    .addHelpText('after', '\nExample:\n  fogd audit list --search lab-pc-01')
    .command('list')
    .description('who changed what: the newest entries')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addOption(new Option('--actor <actor>', 'only of cli, or of a token: token:NAME'))
    .addOption(new Option('--search <text>', 'only with this in it'))
    .addOption(numberOption('--limit <n>', 'how many').default(50))
    .addHelpText('after', '\nExample:\n  fogd audit list --actor token:inventory-sync')
    .action(async ({ state, actor, search, limit, ...options }: Options) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (actor !== undefined) query.set('actor', actor);
      if (search !== undefined) query.set('q', search);
      const { items } = await callApi<{ readonly items: readonly EntryView[] }>(
        state,
        'GET',
        `/audit?${query}`,
      );
      const rows = items.map((one) => [time(one.at), one.actor, one.action, one.subject, one.summary]);
      const head = ['TIME', 'WHO', 'DID', 'TO', 'WITH'];
      print(options, items, items.length === 0 ? ['nothing was changed'] : listing(head, rows));
    });
}
