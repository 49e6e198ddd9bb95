import type { Command } from 'commander';
import type { ClientView } from '#domain/client-view.js';
import { callApi } from './client.js';
import { addClientSettings } from './client-settings.js';
import { cliErrors } from './errors.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table } from './tables.js';

interface Options {
  readonly state: string;
  readonly json?: true;
}

const TRUST: Readonly<Record<ClientView['trust'], string>> = {
  pending: 'the host waits for approval, and its client is told nothing',
  unknown: 'never seen, or reset: the next that comes as this host is trusted',
  new: 'came once, and is trusted',
  trusted: 'trusted',
};

export function addClient(program: Command): void {
  const client = program
    .command('client')
    .description('FOG Client, the service in the installed systems')
    .addHelpText('after', '\nExample:\n  fogd client show lab-pc-01');
  const verb = (name: string, description: string) =>
    client.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('show <host>', 'what is known of the client of a host, and what it was last told')
    .addHelpText('after', '\nExample:\n  fogd client show lab-pc-01')
    .action(async (host: string, options: Options) => {
      const view = await callApi<ClientView>(options.state, 'GET', path(host));
      print(options, view, lines(view));
    });

  verb('reset [host]', 'trust the next machine that comes as this host: for one that was installed anew')
    .option('--group <name>', 'for all hosts of a group')
    .addHelpText('after', '\nExamples:\n  fogd client reset lab-pc-01\n  fogd client reset --group room-12')
    .action(
      async (host: string | undefined, options: Options & { readonly group?: string }, command: Command) => {
        const { group } = options;
        if ((host === undefined) === (group === undefined))
          command.error('a reset is for one host, or for one group with --group');
        const where =
          group === undefined
            ? `${path(host ?? '')}/reset`
            : `/groups/${encodeURIComponent(group)}/client-reset`;
        const { hosts } = await callApi<{ readonly hosts: readonly string[] }>(options.state, 'POST', where);
        print(options, { hosts }, [`reset: ${hosts.join(', ')}`]);
      },
    );

  verb('module <host> <module> <on|off>', 'switch a module for one host')
    .addHelpText(
      'after',
      '\nThe modules are listed by: fogd client show HOST\n\nExample:\n  fogd client module lab-pc-01 taskreboot off',
    )
    .action(async (host: string, module: string, word: string, options: Options) => {
      if (word !== 'on' && word !== 'off') throw cliErrors.SWITCH_WORD({ word });
      const where = `${path(host)}/modules/${encodeURIComponent(module)}`;
      const view = await callApi<ClientView>(options.state, 'PUT', where, { on: word === 'on' });
      print(options, view, lines(view));
    });

  addClientSettings(client);
}

function path(host: string): string {
  return `/hosts/${encodeURIComponent(host)}/client`;
}

function lines(view: ClientView): string[] {
  const at = (time: number | null, from?: string | null) =>
    time === null ? 'never' : `${new Date(time).toISOString()}${from ? ` from ${from}` : ''}`;
  return [
    view.host,
    ...table([
      ['  trust', TRUST[view.trust]],
      ['  trusted since', at(view.trustedSince)],
      ['  last handshake', at(view.handshakeAt, view.handshakeFrom)],
      ...(view.refusal
        ? [['  refused', `${at(view.refusal.at, view.refusal.from)}: ${view.refusal.reason}`]]
        : []),
      ['  session', view.sessionUntil === null ? 'none' : `until ${at(view.sessionUntil)}`],
      ['  last contact', at(view.contactAt, view.contactFrom)],
      ['  version', view.versionLine ?? 'not known yet'],
    ]),
    'modules, and what they were last told',
    ...table(
      view.modules.map(({ module, state }) => [
        `  ${module}`,
        state,
        view.told?.[module] === undefined ? '' : JSON.stringify(view.told[module]),
      ]),
    ),
  ];
}
