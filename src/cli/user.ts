import type { Command } from 'commander';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { readPassword } from './password-input.js';
import { print } from './print.js';
import { listing, time } from './tables.js';

interface UserView {
  readonly name: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly changedAt: number;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addUser(program: Command): void {
  const user = program
    .command('user')
    .description('who may log in at the boot menu and in registrations')
    .addHelpText('after', '\nExamples:\n  fogd user add ada\n  fogd user list');
  const verb = (name: string, description: string) =>
    user.command(name).description(description).addOption(stateOption()).addOption(jsonOption());
  const PIPED = '\nThe password is asked for, or read from the first line of standard input.';

  asList(verb('list', 'all users'), 'users')
    .addHelpText('after', '\nExample:\n  fogd user list')
    .action(async (options: Options) => {
      const users = await listed<UserView>(options, '/users');
      const rows = users.map((one) => [one.name, time(one.createdAt), one.createdBy, time(one.changedAt)]);
      const head = ['NAME', 'CREATED', 'BY', 'PASSWORD OF'];
      print(options, users, users.length === 0 ? ['no users'] : listing(head, rows));
    });

  verb('add <name>', 'a new user')
    .addHelpText('after', `${PIPED}\n\nExample:\n  fogd user add ada`)
    .action(async (name: string, options: Options) => {
      const body = { name, password: await readPassword() };
      const made = await callApi<UserView>(options.state, 'POST', '/users', body);
      print(options, made, [`user ${made.name} added`]);
    });

  verb('passwd <name>', 'a new password')
    .addHelpText('after', `${PIPED}\n\nExample:\n  fogd user passwd ada < password.txt`)
    .action(async (name: string, options: Options) => {
      const path = `/users/${encodeURIComponent(name)}/password`;
      const changed = await callApi<UserView>(options.state, 'PUT', path, { password: await readPassword() });
      print(options, changed, [`password of ${changed.name} changed`]);
    });

  verb('remove <name>', 'remove a user')
    .addHelpText('after', '\nExample:\n  fogd user remove ada')
    .action(async (name: string, options: Options) => {
      const path = `/users/${encodeURIComponent(name)}`;
      const removed = await callApi<UserView>(options.state, 'DELETE', path);
      print(options, removed, [`user ${removed.name} removed`]);
    });
}
