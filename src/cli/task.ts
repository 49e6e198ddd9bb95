import type { Command } from 'commander';
import { TASK_TYPES, type TaskKey } from '#domain/task-type.js';
import type { TaskView } from '#domain/task-view.js';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { orderForGroup } from './group-order.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, plain, table, time } from './tables.js';
import { progressLine, watchTasks } from './watch.js';

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
  readonly image?: string;
  readonly shutdown?: true;
  readonly force?: true;
  readonly wake?: true;
  readonly account?: string;
  readonly snapin?: string;
  readonly group?: string;
}

const BOOT_START = 'it starts when the machine boots from the network';
const CLIENT_START = 'it starts when the FOG Client of the machine asks next';

const EXAMPLES: Readonly<Partial<Record<TaskKey, string>>> = {
  deploy: ' --image base',
  capture: ' --image base',
  'password-reset': ' --account Administrator',
  snapin: ' --snapin 7-Zip',
};

export function addTask(program: Command): void {
  const task = program
    .command('task')
    .description('what machines do at their next boot from the network')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd task deploy lab-pc-01 --image base\n  fogd task watch lab-pc-01',
    );
  const verb = (name: string, description: string) =>
    task.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'active tasks'), 'tasks')
    .option('--all', 'also those that are over')
    .addHelpText('after', '\nExample:\n  fogd task list --all')
    .action(async (options: Options) => {
      const tasks = await listed<TaskView>(options, '/tasks', options.all ? {} : { active: true });
      const rows = tasks.map((one) => [
        String(one.id),
        one.type,
        one.host,
        one.image ?? '',
        one.state,
        one.progress ? `${one.progress.percent} %` : one.reason,
      ]);
      print(
        options,
        tasks,
        tasks.length === 0
          ? ['no active tasks']
          : listing(['ID', 'TYPE', 'HOST', 'IMAGE', 'STATE', ''], rows),
      );
    });

  verb('show <id>', 'one task')
    .addHelpText('after', '\nExample:\n  fogd task show 7')
    .action(async (id: string, options: Options) => {
      const found = await callApi<TaskView>(options.state, 'GET', path(id));
      print(options, found, describe(found));
    });

  for (const type of TASK_TYPES) {
    const order = verb(`${type.key} [host]`, type.description)
      .option('--group <group>', 'all hosts of a group instead of one host')
      .option('--shutdown', 'power off at the end instead of restarting')
      .option('--wake', 'turn the machine on for it (wake on LAN)')
      .option('--force', 'begin at once, without waiting for a free slot');
    if (type.imaging) order.option('--image <image>', 'default: the image assigned to the host');
    if (type.key === 'password-reset') order.requiredOption('--account <name>', 'the local Windows account');
    if (type.snapins === 'one')
      order.requiredOption('--snapin <snapin>', 'which one; the host need not have it');
    order
      .addHelpText(
        'after',
        `\nExample:\n  fogd task ${type.key} lab-pc-01${EXAMPLES[type.key] ?? ''} && fogd task watch lab-pc-01`,
      )
      .action(
        async (
          host: string | undefined,
          { state, image, shutdown, force, wake, account, snapin, group, ...rest }: Options,
          command: Command,
        ) => {
          if ((host === undefined) === (group === undefined))
            command.error('a task is for one host, or for one group with --group');
          const wanted = {
            type: type.key,
            ...(image === undefined ? {} : { image }),
            ...(account === undefined ? {} : { account }),
            ...(snapin === undefined ? {} : { snapin }),
            shutdown: shutdown ?? false,
            forced: force ?? false,
            wake: wake ?? false,
          };
          if (group !== undefined)
            return await orderForGroup<{ readonly tasks: readonly TaskView[] }>(
              { state, ...rest },
              `/groups/${encodeURIComponent(group)}/tasks`,
              wanted,
              ({ tasks }) => tasks.map((one) => `task ${one.id}: ${one.type} on ${one.host}`),
            );
          const made = await callApi<TaskView>(state, 'POST', '/tasks', { ...wanted, host });
          const what = made.image === null ? made.type : `${made.type} of ${made.image}`;
          const start = type.snapins === 'all' || type.snapins === 'one' ? CLIENT_START : BOOT_START;
          const when = made.state === 'Complete' ? made.reason : start;
          print(rest, made, [`task ${made.id}: ${what} on ${made.host}; ${when}`]);
        },
      );
  }

  verb('cancel <id>', 'cancel a task; a machine that is at work stops within seconds')
    .addHelpText('after', '\nExample:\n  fogd task cancel 7')
    .action(async (id: string, options: Options) => {
      const cancelled = await callApi<TaskView>(options.state, 'POST', `${path(id)}/cancel`);
      print(options, cancelled, [`task ${cancelled.id} of ${cancelled.host}: cancelled`]);
    });

  task
    .command('watch [task]')
    .description('follow the active tasks, or one by its number or host, until they are over')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nEnds with 0 when all are complete, with 1 when one failed or was cancelled.\n\nExamples:\n  fogd task watch\n  fogd task watch lab-pc-01',
    )
    .action(async (key: string | undefined, { state, json }: Options) => {
      process.exitCode = (await watchTasks(state, key, json)) ? 0 : 1;
    });
}

function path(id: string): string {
  if (!/^\d{1,9}$/.test(id)) throw cliErrors.TASK_NUMBER_BAD({ id });
  return `/tasks/${id}`;
}

function describe(task: TaskView): string[] {
  const rows = [
    ['task', `${task.id}, ${task.type}`],
    ['host', task.host],
    ['image', task.image ?? ''],
    ['state', task.state],
    ['reason', task.reason],
    ['in the queue', task.before === null ? '' : `${task.before} before it`],
    ['ordered', `${time(task.createdAt)} by ${task.createdBy}`],
    ['started', task.startedAt === null ? '' : time(task.startedAt)],
    ['last heard of', task.lastSeenAt === null ? '' : time(task.lastSeenAt)],
    ['finished', task.finishedAt === null ? '' : time(task.finishedAt)],
  ].filter(([, value]) => value !== '');
  return [...table(rows), ...(task.progress ? [plain(progressLine(task, 60))] : [])];
}
