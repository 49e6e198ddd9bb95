import { Argument, type Command } from 'commander';
import { POWER_ACTIONS } from '#domain/power-plan.js';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { orderForGroup } from './group-order.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table, time } from './tables.js';

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface GroupOptions extends Options {
  readonly group?: string;
}

interface PlanView {
  readonly id: number;
  readonly host: string;
  readonly action: string;
  readonly cron: string;
}

interface OrderView {
  readonly host: string;
  readonly action: string;
  readonly until: number | null;
  readonly sentTo: readonly string[];
}

interface Plans {
  readonly plans: readonly PlanView[];
}

interface Orders {
  readonly orders: readonly OrderView[];
}

/** The words of each verb for one host, and for each host of a group. */
const USES = {
  add: { one: 'HOST ACTION CRON', each: 'ACTION CRON' },
  remove: { one: 'NUMBER', each: 'ACTION CRON' },
  now: { one: 'HOST ACTION', each: 'ACTION' },
};
type Verb = keyof typeof USES;

const GROUP = ['--group <group>', 'all hosts that are in a group now, instead of one host'] as const;

/** Not looked at yet: with a group another word stands in this place. */
const action = () =>
  new Argument('[action]', 'what to do').choices([...POWER_ACTIONS]).argParser((word) => word);

export function addPower(program: Command): void {
  const power = program
    .command('power')
    .description('shut machines down and restart them, by their FOG Clients, and wake them')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power now lab-pc-01 shutdown\n  fogd power now wol --group room-12\n  fogd power add lab-pc-01 wol "30 6 * * 1-5"\n  fogd power add shutdown "0 20 * * *" --group room-12',
    );
  const verb = (name: string, description: string) =>
    power.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list [host]', 'what is done by the clock'), 'power')
    .addHelpText('after', '\nExample:\n  fogd power list lab-pc-01')
    .action(async (host: string | undefined, options: Options) => {
      const plans = await listed<PlanView>(options, '/power', { host });
      const rows = plans.map((plan) => [String(plan.id), plan.host, plan.action, plan.cron]);
      const head = ['NUMBER', 'HOST', 'WHAT', 'MINUTE HOUR DAY MONTH WEEKDAY'];
      print(options, plans, plans.length === 0 ? ['nothing'] : table([head, ...rows]));
    });

  verb('add [host]', 'shut down, restart or wake by the clock')
    .addArgument(action())
    .argument(
      '[cron]',
      'minute hour day month weekday, by the clock of the machine; for wol by that of this server',
    )
    .option(...GROUP)
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power add lab-pc-01 shutdown "0 22 * * 1-5"\n  fogd power add wol "30 6 * * 1-5" --group room-12',
    )
    .action(
      async (
        host: string | undefined,
        what: string | undefined,
        when: string | undefined,
        { group, ...options }: GroupOptions,
        command: Command,
      ) => {
        const { path, action, cron } = wanted(command, 'add', [host, what, when], group);
        if (group !== undefined)
          return await orderForGroup<Plans>(options, path, { action, cron }, ({ plans }) => plans.map(added));
        const plan = await callApi<PlanView>(options.state, 'POST', path, { action, cron });
        print(options, plan, [added(plan)]);
      },
    );

  verb('remove', 'do so no longer')
    .argument('<plan...>', 'its number; with --group: what is done, and when')
    .option(...GROUP)
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power remove 3\n  fogd power remove wol "30 6 * * 1-5" --group room-12',
    )
    .action(async (words: string[], { group, ...options }: GroupOptions, command: Command) => {
      if (group !== undefined) {
        const { path, action, cron } = wanted(command, 'remove', words, group);
        return await orderForGroup<Plans>(options, `${path}/remove`, { action, cron }, ({ plans }) =>
          plans.map(removed),
        );
      }
      const [number = '', ...more] = words;
      if (more.length > 0) wrongUse(command, 'remove');
      if (!/^\d{1,9}$/.test(number)) throw cliErrors.POWER_NUMBER_BAD({ number });
      const plan = await callApi<PlanView>(options.state, 'DELETE', `/power/${number}`);
      print(options, plan, [removed(plan)]);
    });

  verb(
    'now [host]',
    'shut down or restart at the next poll of its client, which asks who works there; wake at once',
  )
    .addArgument(action())
    .option(...GROUP)
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power now lab-pc-01 reboot\n  fogd power now wol --group room-12',
    )
    .action(
      async (
        host: string | undefined,
        what: string | undefined,
        { group, ...options }: GroupOptions,
        command: Command,
      ) => {
        const { path, action } = wanted(command, 'now', [host, what], group);
        const where = `${path}/now`;
        if (group !== undefined)
          return await orderForGroup<Orders>(options, where, { action }, ({ orders }) => orders.map(ordered));
        const order = await callApi<OrderView>(options.state, 'POST', where, { action });
        print(options, order, [ordered(order)]);
      },
    );
}

/** What `words` ask for: of a host, which is the first of them, or of each host of a group. Throws POWER_ACTION_WORD. */
function wanted(
  command: Command,
  verb: Verb,
  words: ReadonlyArray<string | undefined>,
  group: string | undefined,
) {
  const given = words.filter((word) => word !== undefined);
  const all = group === undefined ? given : [group, ...given];
  if (all.length !== 1 + USES[verb].each.split(' ').length) wrongUse(command, verb);
  const [name = '', action = '', cron = ''] = all;
  const actions: readonly string[] = POWER_ACTIONS;
  if (!actions.includes(action))
    throw cliErrors.POWER_ACTION_WORD({ word: action, actions: actions.join(', ') });
  return {
    path: `/${group === undefined ? 'hosts' : 'groups'}/${encodeURIComponent(name)}/power`,
    action,
    cron,
  };
}

function wrongUse(command: Command, verb: Verb): never {
  const { one, each } = USES[verb];
  return command.error(`write fogd power ${verb} ${one}, or fogd power ${verb} --group GROUP ${each}`);
}

const added = ({ id, host, action, cron }: PlanView) => `${host}: ${action} at ${cron} (number ${id})`;

const removed = ({ host, action, cron }: PlanView) => `${host}: no ${action} at ${cron} any more`;

function ordered({ host, action, until, sentTo }: OrderView): string {
  return until === null
    ? `${host}: magic packets were sent to ${sentTo.join(', ')}`
    : `${host}: ${action}, if its client polls before ${time(until)}`;
}
