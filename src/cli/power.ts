import { Argument, type Command } from 'commander';
import { POWER_ACTIONS } from '#domain/power-plan.js';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table, time } from './tables.js';

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

const actionArgument = () => new Argument('<action>', 'what to do').choices([...POWER_ACTIONS]);

export function addPower(program: Command): void {
  const power = program
    .command('power')
    .description('shut machines down and restart them, by their FOG Clients')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd power now lab-pc-01 shutdown\n  fogd power add lab-pc-01 shutdown "0 22 * * 1-5"',
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

  verb('add <host>', 'shut down or restart by the clock')
    .addArgument(actionArgument())
    .argument('<cron>', 'minute hour day month weekday, by the clock of the machine')
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

  verb('now <host>', 'shut down or restart when its client polls next; who works there is asked')
    .addArgument(actionArgument())
    .addHelpText('after', '\nExample:\n  fogd power now lab-pc-01 reboot')
    .action(async (host: string, action: string, options: Options) => {
      const where = `${path(host)}/now`;
      const order = await callApi<{ host: string; action: string; until: number }>(
        options.state,
        'POST',
        where,
        { action },
      );
      print(options, order, [
        `${order.host}: ${order.action}, if its client polls before ${time(order.until)}`,
      ]);
    });
}

function path(host: string): string {
  return `/hosts/${encodeURIComponent(host)}/power`;
}
