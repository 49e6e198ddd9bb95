import type { Command } from 'commander';
import type { ServiceStatus } from '#daemon/supervisor.js';
import type { TaskView } from '#domain/task-view.js';
import type { TraceRecord } from '#trace/decision.js';
import { sentence } from '#trace/sentence.js';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { bytes, plain, serviceTable, table, time } from './tables.js';
import { terminalWidth } from './terminal.js';
import { progressLine } from './watch.js';

/** Some service has failed; the others run. */
const DEGRADED = 3;
const LOOK_EVERY_MS = 2_000;

export interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
  /** The first of those that are counted in `tasks`. */
  readonly working: readonly TaskView[];
  readonly tasks: { readonly working: number; readonly waiting: number; readonly ordered: number };
  /** The first of `sessionCount`. */
  readonly sessions: ReadonlyArray<{
    readonly kind: string;
    readonly mac: string;
    readonly host: string | null;
    readonly address: string | null;
  }>;
  readonly sessionCount: number;
  readonly transfers: { readonly tftp: number };
  readonly disks: ReadonlyArray<{
    readonly what: string;
    readonly path: string;
    readonly free: number;
    readonly size: number;
  }>;
  readonly failures: readonly TraceRecord[];
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly watch?: true;
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description(
      'what runs and who is served, and what to do about what does not run (exit code 3 when a service has failed)',
    )
    .addOption(stateOption())
    .addOption(jsonOption())
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .addHelpText('after', '\nExamples:\n  fogd status\n  fogd status --watch\n  fogd status --json')
    .action(async ({ state, json, watch }: Options) => {
      for (;;) {
        const status = await callApi<Status>(state, 'GET', '/status');
        const text = json
          ? JSON.stringify(status, null, watch ? undefined : 2)
          : statusScreen(status, terminalWidth() ?? 80).join('\n');
        const clear = watch && !json && terminalWidth() !== undefined ? '\x1b[H\x1b[J' : '';
        process.stdout.write(`${clear}${text}\n`);
        process.exitCode = status.services.some((service) => service.state === 'failed') ? DEGRADED : 0;
        if (!watch) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    });
}

/** The lines of `fogd status`; names and texts of machines are made harmless. */
export function statusScreen(status: Status, width: number): string[] {
  const { tasks, working, sessions, sessionCount, transfers, disks, failures } = status;
  const counts = [
    `${tasks.working} at work`,
    `${tasks.waiting} waiting`,
    `${tasks.ordered} ordered`,
    many(sessionCount, 'boot session'),
    many(transfers.tftp, 'TFTP transfer'),
  ];
  const others = sessions.filter(({ host }) => !working.some((task) => task.host === host));
  const space = disks.map((disk) => {
    const what = disks.length === 1 ? 'state and images' : disk.what;
    return [what, `${bytes(disk.free)} of ${bytes(disk.size)} free`, disk.path];
  });
  return [
    `fogd ${status.version}, running since ${time(status.startedAt)}`,
    '',
    ...serviceTable(status.services),
    '',
    `machines: ${counts.join(', ')}`,
    ...working.map((task) => plain(`  ${progressLine(task, width - 2)}`)),
    ...more(tasks.working - working.length),
    ...table(others.map(({ host, mac, kind, address }) => [`  ${host ?? mac}`, kind, address ?? ''])),
    ...more(sessionCount - sessions.length),
    '',
    ...table(space.map(([what = '', free = '', path = '']) => [`disk of ${what}`, free, path])),
    ...(failures.length === 0 ? [] : ['', 'what failed last:']),
    ...table(
      failures.map((record) => [
        `  ${time(record.last)}`,
        record.who.mac ?? record.who.ip ?? '',
        sentence(record),
      ]),
    ),
  ];
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const more = (count: number): string[] => (count > 0 ? [`  and ${count} more`] : []);
