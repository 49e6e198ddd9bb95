import type { Command } from 'commander';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, table } from './tables.js';

interface GroupView {
  readonly name: string;
  readonly hosts: readonly string[];
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addGroup(program: Command): void {
  const group = program
    .command('group')
    .description('hosts that are ordered tasks together')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd group add room-12\n  fogd group join room-12 lab-pc-01 lab-pc-02',
    );
  const verb = (name: string, description: string) =>
    group.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'all groups with their hosts'), 'groups')
    .addHelpText('after', '\nExample:\n  fogd group list')
    .action(async (options: Options) => {
      const groups = await listed<GroupView>(options, '/groups');
      const rows = groups.map(({ name, hosts }) => [name, String(hosts.length), hosts.join(' ')]);
      print(options, groups, groups.length === 0 ? ['no groups'] : listing(['NAME', 'HOSTS', ''], rows));
    });

  verb('show <group>', 'one group')
    .addHelpText('after', '\nExample:\n  fogd group show room-12')
    .action(async (name: string, options: Options) => {
      const one = await callApi<GroupView>(options.state, 'GET', path(name));
      const rows = one.hosts.map((host, index) => [index === 0 ? 'hosts' : '', host]);
      print(options, one, table([['name', one.name], ...rows]));
    });

  verb('add <name>', 'a new group')
    .addHelpText('after', '\nExample:\n  fogd group add room-12')
    .action(async (name: string, options: Options) => {
      const made = await callApi<GroupView>(options.state, 'POST', '/groups', { name });
      print(options, made, [`group ${made.name} added`]);
    });

  verb('remove <name>', 'remove a group; its hosts stay')
    .addHelpText('after', '\nExample:\n  fogd group remove room-12')
    .action(async (name: string, options: Options) => {
      const removed = await callApi<GroupView>(options.state, 'DELETE', path(name));
      print(options, removed, [`group ${removed.name} removed`]);
    });

  for (const [change, description] of [
    ['join', 'put hosts into a group'],
    ['leave', 'take hosts out of a group'],
  ] as const) {
    verb(`${change} <name> <host...>`, description)
      .addHelpText('after', `\nExample:\n  fogd group ${change} room-12 lab-pc-01 lab-pc-02`)
      .action(async (name: string, hosts: string[], options: Options) => {
        const changed = await callApi<GroupView>(options.state, 'POST', `${path(name)}/${change}`, { hosts });
        print(options, changed, [`group ${changed.name}: ${changed.hosts.join(' ') || 'no hosts'}`]);
      });
  }
}

function path(name: string): string {
  return `/groups/${encodeURIComponent(name)}`;
}
