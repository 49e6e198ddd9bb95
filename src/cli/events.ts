import { type Command, Option } from 'commander';
import type { ServiceStatus } from '#daemon/supervisor.js';
import type { TaskView } from '#domain/task-view.js';
import type { TraceRecord } from '#trace/decision.js';
import { sentence } from '#trace/sentence.js';
import { followApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { plain, time } from './tables.js';
import { progressLine } from './watch.js';

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly topics?: string;
}

/** An event as the API tells it. */
export interface ApiEvent {
  readonly id?: string;
  readonly topic: string;
  readonly data: unknown;
}

export function addEvents(program: Command): void {
  program
    .command('events')
    .description('what happens, while it happens, until Ctrl-C')
    .addOption(new Option('--topics <list>', 'only these, with commas: tasks, trace, alarms, hosts'))
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  fogd events --topics tasks,alarms\n  fogd events --json | jq .data')
    .action(async ({ state, json, topics }: Options) => {
      const query = topics === undefined ? '' : `?${new URLSearchParams({ topics })}`;
      for await (const event of await followApi(state, `/events${query}`))
        process.stdout.write(`${json ? JSON.stringify(event) : eventLine(event, Date.now())}\n`);
    });
}

/** One line for a person. */
export function eventLine({ topic, data }: ApiEvent, now: number): string {
  return plain(`${time(now)} ${topic.padEnd(6)} ${told(topic, data)}`);
}

function told(topic: string, data: unknown): string {
  switch (topic) {
    case 'tasks': {
      const { task } = data as { readonly task: TaskView };
      return `${task.id}: ${progressLine(task, 80)}`;
    }
    case 'hosts': {
      const { change, host } = data as { readonly change: string; readonly host: { readonly name: string } };
      return `${host.name}: ${change}`;
    }
    case 'alarms': {
      const { name, state, detail, remedy } = (data as { readonly service: ServiceStatus }).service;
      return [`${name}: ${state}`, detail, remedy].filter((text) => (text ?? '') !== '').join(', ');
    }
    case 'trace': {
      const record = data as TraceRecord;
      return `${record.who.mac ?? record.who.ip ?? record.service} ${sentence(record)}`;
    }
    default:
      return 'something was missed';
  }
}
