import type { Command } from 'commander';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { plain, table, time } from './tables.js';
import { progressLine, type TaskView, watchTasks } from './watch.js';

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
  readonly image?: string;
  readonly shutdown?: true;
}

export function addTask(program: Command): void {
  const task = program.command('task').description('what machines do at their next boot from the network');
  const verb = (name: string, description: string) =>
    task.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('list', 'active tasks')
    .option('--all', 'also those that are over')
    .action(async (options: Options) => {
      const query = options.all ? '' : '?active=true';
      const tasks = await callApi<TaskView[]>(options.state, 'GET', `/tasks${query}`);
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
          : table([['ID', 'TYPE', 'HOST', 'IMAGE', 'STATE', ''], ...rows]),
      );
    });

  verb('show <id>', 'one task').action(async (id: string, options: Options) => {
    const found = await callApi<TaskView>(options.state, 'GET', path(id));
    print(options, found, describe(found));
  });

  for (const [kind, description] of [
    ['deploy', 'write an image to the disk of a host'],
    ['capture', 'read the disk of a host into an image'],
  ] as const) {
    verb(`${kind} <host>`, description)
      .option('--image <image>', 'default: the image assigned to the host')
      .option('--shutdown', 'power off at the end instead of restarting')
      .addHelpText(
        'after',
        `\nExample:\n  fogd task ${kind} lab-pc-01 --image base && fogd task watch lab-pc-01`,
      )
      .action(async (host: string, { state, image, shutdown, ...rest }: Options) => {
        const order = { host, kind, ...(image === undefined ? {} : { image }), shutdown: shutdown ?? false };
        const made = await callApi<TaskView>(state, 'POST', '/tasks', order);
        print(rest, made, [
          `task ${made.id}: ${made.type} of ${made.image} on ${made.host}; it starts when the machine boots from the network`,
        ]);
      });
  }

  verb('cancel <id>', 'cancel a task; a machine that is at work stops within seconds').action(
    async (id: string, options: Options) => {
      const cancelled = await callApi<TaskView>(options.state, 'POST', `${path(id)}/cancel`);
      print(options, cancelled, [`task ${cancelled.id} of ${cancelled.host}: cancelled`]);
    },
  );

  task
    .command('watch [task]')
    .description('follow the active tasks, or one by its number or host, until they are over')
    .addOption(stateOption())
    .addHelpText('after', '\nEnds with 0 when all are complete, with 1 when one failed or was cancelled.')
    .action(async (key: string | undefined, { state }: Options) => {
      process.exitCode = (await watchTasks(state, key)) ? 0 : 1;
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
