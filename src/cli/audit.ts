import { type Command, Option } from 'commander';
import { asList, type ListOptions, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, time } from './tables.js';

interface EntryView {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly summary: string;
  /** `begun` and not ended, `done` or `failed`. */
  readonly outcome: string;
}

interface Options extends ListOptions {
  readonly json?: true;
  readonly actor?: string;
}

export function addAudit(program: Command): void {
  const list = program
    .command('audit')
    .description('who changed what')
    .addHelpText('after', '\nExample:\n  fogd audit list --search lab-pc-01')
    .command('list')
    .description('who changed what: the newest entries');
  asList(list, 'audit', 50)
    .addOption(stateOption())
    .addOption(jsonOption())
    .addOption(new Option('--actor <actor>', 'only of cli, or of a token: token:NAME'))
    .addHelpText('after', '\nExample:\n  fogd audit list --actor token:inventory-sync')
    .action(async ({ actor, ...options }: Options) => {
      const items = await listed<EntryView>(options, '/audit', { actor });
      const rows = items.map((one) => [
        time(one.at),
        one.actor,
        one.outcome === 'done' ? one.action : `${one.action} (${one.outcome})`,
        one.subject,
        one.summary,
      ]);
      const head = ['TIME', 'WHO', 'DID', 'TO', 'WITH'];
      print(options, items, items.length === 0 ? ['nothing was changed'] : listing(head, rows));
    });
}
