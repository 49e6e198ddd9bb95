import type { Command } from 'commander';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, table, time } from './tables.js';

interface SessionView {
  readonly id: number;
  readonly kind: string;
  readonly state: string;
  readonly mac: string;
  readonly host: string | null;
  readonly taskId: number | null;
  readonly image: string | null;
  readonly address: string | null;
  readonly createdAt: number;
  readonly openedAt: number | null;
  readonly seenAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string;
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
}

export function addSession(program: Command): void {
  const session = program
    .command('session')
    .description('boot sessions: the machines that run the imaging environment')
    .addHelpText('after', '\nExamples:\n  fogd session list\n  fogd session show 7');
  const verb = (name: string, description: string) =>
    session.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'machines at work now'), 'sessions')
    .option('--all', 'also boot scripts that were handed out, and what is over')
    .addHelpText('after', '\nExample:\n  fogd session list --all')
    .action(async (options: Options) => {
      const sessions = await listed<SessionView>(options, '/sessions', options.all ? {} : { state: 'open' });
      const rows = sessions.map((one) => [
        String(one.id),
        one.kind,
        one.host ?? '',
        one.mac,
        one.address ?? '',
        one.image ?? '',
        one.state,
        time(one.seenAt ?? one.createdAt),
      ]);
      const head = ['ID', 'KIND', 'HOST', 'MAC', 'ADDRESS', 'IMAGE', 'STATE', 'LAST HEARD OF'];
      print(options, sessions, sessions.length === 0 ? ['no machine is at work'] : listing(head, rows));
    });

  verb('show <id>', 'one boot session')
    .addHelpText('after', '\nExample:\n  fogd session show 7')
    .action(async (id: string, options: Options) => {
      const one = await callApi<SessionView>(options.state, 'GET', path(id));
      const at = (milliseconds: number | null) => (milliseconds === null ? '' : time(milliseconds));
      const rows = [
        ['session', `${one.id}, ${one.kind}`],
        ['host', one.host ?? ''],
        ['MAC', one.mac],
        ['address', one.address ?? ''],
        ['task', one.taskId === null ? '' : String(one.taskId)],
        ['image', one.image ?? ''],
        ['state', one.state],
        ['offered', at(one.createdAt)],
        ['opened', at(one.openedAt)],
        ['last heard of', at(one.seenAt)],
        ['ended', at(one.endedAt)],
        ['because', one.endReason],
      ].filter(([, value]) => value !== '');
      print(options, one, table(rows));
    });

  verb('end <id>', 'take away the share of a machine; its task stays')
    .addHelpText('after', '\nTo cancel the task too: fogd task cancel ID\n\nExample:\n  fogd session end 7')
    .action(async (id: string, options: Options) => {
      const ended = await callApi<SessionView>(options.state, 'POST', `${path(id)}/end`);
      print(options, ended, [`session ${ended.id} of ${ended.host ?? ended.mac}: ended`]);
    });
}

function path(id: string): string {
  if (!/^\d{1,9}$/.test(id)) throw cliErrors.SESSION_NUMBER_BAD({ id });
  return `/sessions/${id}`;
}
