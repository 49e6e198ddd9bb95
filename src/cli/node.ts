import type { Command } from 'commander';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, table } from './tables.js';

interface NodeView {
  readonly name: string;
  readonly group: string;
  readonly isMaster: boolean;
  readonly enabled: boolean;
  readonly maxClients: number;
  readonly used: number;
  readonly waiting: number;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addNode(program: Command): void {
  const node = program
    .command('node')
    .description('storage nodes: where images lie and are served from')
    .addHelpText('after', '\nExamples:\n  fogd node list\n  fogd node disable DefaultMember');
  const verb = (name: string, description: string) =>
    node.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'all nodes with their slots'), 'nodes')
    .addHelpText('after', '\nExample:\n  fogd node list')
    .action(async (options: Options) => {
      const nodes = await listed<NodeView>(options, '/nodes');
      const rows = nodes.map(({ name, group, enabled, used, maxClients, waiting }) => [
        name,
        group,
        enabled ? 'on' : 'off',
        `${used} of ${maxClients}`,
        String(waiting),
      ]);
      print(options, nodes, listing(['NAME', 'GROUP', 'STATE', 'SLOTS', 'WAITING'], rows));
    });

  verb('show <name>', 'one node')
    .addHelpText('after', '\nExample:\n  fogd node show DefaultMember')
    .action(async (key: string, options: Options) => {
      const one = await callApi<NodeView>(options.state, 'GET', `/nodes/${encodeURIComponent(key)}`);
      const rows = [
        ['name', one.name],
        ['group', `${one.group}${one.isMaster ? ', its master' : ''}`],
        ['state', one.enabled ? 'on' : 'off'],
        ['slots', `${one.used} of ${one.maxClients} taken`],
        ['waiting', String(one.waiting)],
      ];
      print(options, one, table(rows));
    });

  for (const [name, enabled, description] of [
    ['enable', true, 'let a node begin deploys and captures'],
    ['disable', false, 'let a node begin nothing new, for work on its disks; what runs goes on'],
  ] as const) {
    verb(`${name} <name>`, description)
      .addHelpText('after', `\nExample:\n  fogd node ${name} DefaultMember`)
      .action(async (key: string, options: Options) => {
        const path = `/nodes/${encodeURIComponent(key)}`;
        const changed = await callApi<NodeView>(options.state, 'PATCH', path, { enabled });
        print(options, changed, [`storage node ${changed.name} is ${changed.enabled ? 'on' : 'off'}`]);
      });
  }
}
