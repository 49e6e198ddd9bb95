import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing } from './tables.js';

interface EntryView {
  readonly name: string;
  readonly description: string;
  readonly shownTo: string;
  readonly hotKey: string;
  readonly isDefault: boolean;
  readonly enabled: boolean;
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly for?: string;
  readonly key?: string;
  readonly default?: true;
  readonly enable?: boolean;
  readonly description?: string;
  readonly kernelArgs?: string;
  readonly script?: string;
}

export function addMenu(program: Command): void {
  const menu = program
    .command('menu')
    .description('what the boot menu offers')
    .addHelpText('after', '\nExamples:\n  fogd menu list\n  fogd menu change fog.memtest --no-enable');
  const verb = (name: string, description: string) =>
    menu.command(name).description(description).addOption(stateOption()).addOption(jsonOption());
  const changing = (command: Command) =>
    command
      .addOption(
        new Option('--for <machines>', 'to whom it is shown').choices([
          'all',
          'registered',
          'unregistered',
          'pending',
          'debug',
        ]),
      )
      .option('--key <key>', 'hot key: F5 to F12, "CTRL + A" to "CTRL + Z"')
      .option('--default', 'the entry that is taken after the time-out');

  asList(verb('list', 'all entries'), 'menu')
    .addHelpText('after', '\nExample:\n  fogd menu list')
    .action(async (options: Options) => {
      const entries = await listed<EntryView>(options, '/menu');
      const rows = entries.map((one) => [
        one.name,
        one.description,
        one.shownTo,
        one.hotKey,
        [one.isDefault ? 'default' : '', one.enabled ? '' : 'disabled'].filter(Boolean).join(', '),
      ]);
      print(options, entries, listing(['NAME', 'TEXT', 'FOR', 'KEY', ''], rows));
    });

  changing(verb('add <name> <description>', 'a new entry'))
    .option('--kernel-args <words>', 'start the imaging environment with these words on its kernel line')
    .option('--script <file>', 'run the iPXE lines of this file')
    .addHelpText(
      'after',
      '\nExample:\n  echo "chain http://boot.netboot.xyz" >netboot.ipxe\n  fogd menu add netboot "netboot.xyz" --script netboot.ipxe',
    )
    .action(async (name: string, description: string, options: Options) => {
      const script = options.script === undefined ? undefined : readFileSync(options.script, 'utf8');
      const body = { name, description, kernelArgs: options.kernelArgs, script, ...changes(options) };
      const made = await callApi<EntryView>(options.state, 'POST', '/menu', body);
      print(options, made, [`entry ${made.name} added`]);
    });

  changing(verb('change <name>', 'change an entry, also one of those that are always there'))
    .option('--description <text>', 'its text')
    .option('--enable', 'show it')
    .option('--no-enable', 'hide it')
    .addHelpText('after', '\nExample:\n  fogd menu change fog.memtest --no-enable')
    .action(async (name: string, options: Options) => {
      const { description, enable: enabled } = options;
      const body = { description, enabled, ...changes(options) };
      const changed = await callApi<EntryView>(options.state, 'PATCH', path(name), body);
      print(options, changed, [`entry ${changed.name} changed`]);
    });

  verb('remove <name>', 'remove an entry; one of those that are always there becomes what it was')
    .addHelpText('after', '\nExample:\n  fogd menu remove netboot')
    .action(async (name: string, options: Options) => {
      const removed = await callApi<EntryView>(options.state, 'DELETE', path(name));
      print(options, removed, [`entry ${removed.name} removed`]);
    });
}

function path(name: string): string {
  return `/menu/${encodeURIComponent(name)}`;
}

function changes({ for: shownTo, key: hotKey, default: isDefault }: Options): object {
  return { shownTo, hotKey, isDefault };
}
