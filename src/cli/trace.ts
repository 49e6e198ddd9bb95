import { type Command, Option } from 'commander';
import type { TraceRecord } from '#trace/decision.js';
import { sentence } from '#trace/sentence.js';
import type { BootStory } from '#trace/story.js';
import { callApi, followApi } from './client.js';
import { eventLine } from './events.js';
import { jsonOption, numberOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, plain, time } from './tables.js';

interface TraceOptions {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
  readonly follow?: true;
  readonly service?: string;
  readonly outcome?: string;
  readonly limit: number;
}

interface MachineTrace {
  readonly mac: string;
  readonly records: readonly TraceRecord[];
  readonly story: BootStory;
}

const EXAMPLES = `
Examples:
  fogd trace 00:11:22:33:44:55
  fogd trace lab-pc-01 --follow
  fogd trace --service dhcp --outcome ignored`;

export function addTrace(program: Command): void {
  program
    .command('trace')
    .argument('[machine]', 'MAC address, or name of a host; without it: what fogd answered or ignored last')
    .description('the boot story of one machine: each step with its time, and where it stopped and why')
    .option('--all', 'all boots that are kept, not just the last three')
    .option('--follow', 'then each step as it happens, until Ctrl-C')
    .addOption(
      new Option('--service <name>', 'without a machine: only of this service').choices([
        ...['dhcp', 'tftp', 'http', 'fos', 'fogd'],
      ]),
    )
    .addOption(
      new Option('--outcome <outcome>', 'without a machine: only what ended so').choices([
        'answered',
        'ignored',
        'refused',
        'failed',
      ]),
    )
    .addOption(numberOption('--limit <n>', 'without a machine: how many').default(50))
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (machine: string | undefined, options: TraceOptions) => {
      if (options.follow) return await follow(options, machine);
      if (machine === undefined) return await printLast(options);
      const { mac, story } = await traceOf(options.state, machine);
      if (options.json) print(options, { mac, story }, []);
      else process.stdout.write(storyText(mac, story, options.all === true));
    });
}

const traceOf = (state: string, machine: string) =>
  callApi<MachineTrace>(state, 'GET', `/trace/${encodeURIComponent(machine)}`);

/** The story, then what is newer than it, one line each; with JSON only that. Throws EVENTS_ENDED when fogd stops. */
async function follow({ state, json, all }: TraceOptions, machine: string | undefined): Promise<void> {
  // Before the story is read: nothing that happens in between is missed.
  const events = await followApi(state, '/events?topics=trace');
  const known = machine === undefined ? undefined : await traceOf(state, machine);
  if (known && !json) process.stdout.write(storyText(known.mac, known.story, all === true));
  const told = known?.records.at(-1)?.last ?? 0;
  for await (const event of events) {
    // What was missed (an event `reset`) is worth a line for people.
    const record = event.topic === 'trace' ? (event.data as TraceRecord) : undefined;
    if (record && known && (record.who.mac !== known.mac || record.last <= told)) continue;
    if (!json) process.stdout.write(`${eventLine(event, record?.last ?? Date.now())}\n`);
    else if (record) process.stdout.write(`${JSON.stringify(record)}\n`);
  }
}

async function printLast({ state, service, outcome, limit, ...options }: TraceOptions): Promise<void> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (service !== undefined) query.set('service', service);
  if (outcome !== undefined) query.set('outcome', outcome);
  const { items } = await callApi<{ readonly items: readonly TraceRecord[] }>(
    state,
    'GET',
    `/trace?${query}`,
  );
  const rows = items.map((record) => [
    time(record.last),
    record.who.mac ?? record.who.ip ?? '',
    record.service,
    record.outcome,
    sentence(record),
  ]);
  const head = ['TIME', 'MACHINE', 'SERVICE', 'OUTCOME', 'WHAT'];
  print(options, items, items.length === 0 ? ['nothing was heard yet'] : listing(head, rows));
}

/** The story as text: a block per boot. */
export function storyText(mac: string, { boots }: BootStory, all: boolean): string {
  if (boots.length === 0) return `Nothing was heard of ${mac}: no packet of it reached this server.\n`;
  const shown = all ? boots : boots.slice(-3);
  const hidden = boots.length - shown.length;
  const head =
    hidden > 0 ? `${mac}: ${boots.length} boots, the last ${shown.length} (--all shows all)\n` : `${mac}\n`;
  return shown.reduce((text, { startedAt, steps, verdict }) => {
    const lines = steps.map(({ offset, text: step, outcome }) => {
      const mark = outcome === 'refused' || outcome === 'failed' ? '!' : ' ';
      return `  ${(offset / 1000).toFixed(1).padStart(7)} s ${mark} ${plain(step)}`;
    });
    return `${text}\nBoot of ${new Date(startedAt).toISOString()}\n${lines.join('\n')}\n  => ${plain(verdict)}\n`;
  }, head);
}
