import { Argument, type Command } from 'commander';
import { POWER_ACTIONS } from '#domain/power-plan.js';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { plain, table, time } from './tables.js';

interface PlanView {
  readonly id: number;
  readonly host: string;
  readonly action: string;
  readonly cron: string;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface OrderView {
  readonly host: string;
  readonly action: string;
  readonly until: number | null;
  readonly sentTo: readonly string[];
}

const action = (name: string) => new Argument(name, 'what to do').choices([...POWER_ACTIONS]);

export function addPower(program: Command): void {
  const power = program
    .command('power')
    .description('shut machines down and restart them, by their FOG Clients, and wake them')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power now lab-pc-01 shutdown\n  fogd power now wol --group room-12\n  fogd power add lab-pc-01 wol "30 6 * * 1-5"',
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

  verb('add <host>', 'shut down, restart or wake by the clock')
    .addArgument(action('<action>'))
    .argument(
      '<cron>',
      'minute hour day month weekday, by the clock of the machine; for wol by that of this server',
    )
    .addHelpText('after', '\nExample:\n  fogd power add lab-pc-01 shutdown "0 22 * * 1-5"')
    .action(async (host: string, action: string, cron: string, options: Options) => {
      const plan = await callApi<PlanView>(options.state, 'POST', path(host), { action, cron });
      print(options, plan, [`${plan.host}: ${plan.action} at ${plan.cron} (number ${plan.id})`]);
    });

  verb('remove <id>', 'do so no longer')
    .addHelpText('after', '\nExample:\n  fogd power remove 3')
    .action(async (text: string, options: Options) => {
      if (!/^\d{1,9}$/.test(text)) throw cliErrors.POWER_NUMBER_BAD({ number: text });
      const plan = await callApi<PlanView>(options.state, 'DELETE', `/power/${text}`);
      print(options, plan, [`${plan.host}: no ${plan.action} at ${plan.cron} any more`]);
    });

  verb(
    'now [host]',
    'shut down or restart at the next poll of its client, which asks who works there; wake at once',
  )
    .addArgument(action('[action]'))
    .option('--group <group>', 'all hosts of a group instead of one host')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power now lab-pc-01 reboot\n  fogd power now wol --group room-12',
    )
    .action(
      async (
        first: string | undefined,
        second: string | undefined,
        { group, ...options }: Options & { readonly group?: string },
        command: Command,
      ) => {
        const words = [first, second].flatMap((word) => word ?? []);
        const [what = '', host] = words.reverse();
        if ((host === undefined) === (group === undefined) || what === '')
          command.error('name a host and what to do, or what to do and a group with --group');
        const actions: readonly string[] = POWER_ACTIONS;
        if (!actions.includes(what))
          throw cliErrors.POWER_ACTION_WORD({ word: what, actions: actions.join(', ') });
        if (group !== undefined) return await orderForGroup(group, what, options);
        const where = `${path(host ?? '')}/now`;
        const order = await callApi<OrderView>(options.state, 'POST', where, { action: what });
        print(options, order, [line(order)]);
      },
    );
}

async function orderForGroup(group: string, what: string, options: Options): Promise<void> {
  const made = await callApi<{
    orders: readonly OrderView[];
    refused: ReadonlyArray<{ readonly host: string; readonly reason: string }>;
  }>(options.state, 'POST', `/groups/${encodeURIComponent(group)}/power/now`, { action: what });
  print(options, made, [
    ...made.orders.map(line),
    ...made.refused.map(({ host, reason }) => `refused: ${plain(reason)} (${host})`),
  ]);
  if (made.refused.length > 0) process.exitCode = 1;
}

function line({ host, action, until, sentTo }: OrderView): string {
  return until === null
    ? `${host}: magic packets were sent to ${sentTo.join(', ')}`
    : `${host}: ${action}, if its client polls before ${time(until)}`;
}

function path(host: string): string {
  return `/hosts/${encodeURIComponent(host)}/power`;
}
