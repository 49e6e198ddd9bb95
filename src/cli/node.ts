import type { Command } from 'commander';
import { callApi, listAll } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table } from './tables.js';

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
  const node = program.command('node').description('storage nodes: where images lie and are served from');
  const verb = (name: string, description: string) =>
    node.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('list', 'all nodes with their slots').action(async (options: Options) => {
    const nodes = await listAll<NodeView>(options.state, '/nodes');
    const rows = nodes.map(({ name, group, enabled, used, maxClients, waiting }) => [
      name,
      group,
      enabled ? 'on' : 'off',
      `${used} of ${maxClients}`,
      String(waiting),
    ]);
    print(options, nodes, table([['NAME', 'GROUP', 'STATE', 'SLOTS', 'WAITING'], ...rows]));
  });

  for (const [name, enabled, description] of [
    ['enable', true, 'let a node begin deploys and captures'],
    ['disable', false, 'let a node begin nothing new, for work on its disks; what runs goes on'],
  ] as const) {
    verb(`${name} <name>`, description).action(async (key: string, options: Options) => {
      const path = `/nodes/${encodeURIComponent(key)}`;
      const changed = await callApi<NodeView>(options.state, 'PATCH', path, { enabled });
      print(options, changed, [`storage node ${changed.name} is ${changed.enabled ? 'on' : 'off'}`]);
    });
  }
}
