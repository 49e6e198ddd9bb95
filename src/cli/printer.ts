import { Argument, type Command, Option } from 'commander';
import { PRINTER_MODES, PRINTER_TYPES } from '#domain/printer.js';
import { callApi, listAll } from './client.js';
import { cliErrors } from './errors.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { table } from './tables.js';

interface PrinterView {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly port: string;
  readonly file: string;
  readonly model: string;
  readonly ip: string;
  readonly configFile: string;
}

interface HostPrinters {
  readonly host: string;
  readonly mode: string;
  readonly printers: readonly string[];
  readonly default: string | null;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

type Details = Options & Partial<Omit<PrinterView, 'id'>>;

export function addPrinter(program: Command): void {
  const printer = program
    .command('printer')
    .description('printers that FOG Clients install on Windows')
    .addHelpText(
      'after',
      "\nExamples:\n  fogd printer add '\\\\print\\hall' network\n  fogd printer assign lab-pc-01 '\\\\print\\hall' --mode managed",
    );
  const verb = (name: string, description: string) =>
    printer.command(name).description(description).addOption(stateOption()).addOption(jsonOption());
  const details = (command: Command) =>
    command
      .option('--description <text>', 'a text for people')
      .option('--port <name>', 'of a local or iPrint printer')
      .option('--file <path>', 'its driver, on the client')
      .option('--model <name>', 'as the driver calls it')
      .option('--ip <host>', 'host or host:port')
      .option('--config-file <path>', 'its settings, on the client');

  asList(verb('list', 'all printers'), 'printers')
    .addHelpText('after', '\nExample:\n  fogd printer list')
    .action(async (options: Options) => {
      const printers = await listed<PrinterView>(options, '/printers');
      const rows = printers.map(({ name, type, port, ip, description }) => [
        name,
        type,
        port,
        ip,
        description,
      ]);
      const head = ['NAME', 'TYPE', 'PORT', 'IP', ''];
      print(options, printers, printers.length === 0 ? ['no printers'] : table([head, ...rows]));
    });

  details(verb('add <name>', 'a new printer'))
    .addArgument(new Argument('<type>', 'its kind').choices(Object.keys(PRINTER_TYPES)))
    .addHelpText('after', "\nExample:\n  fogd printer add '\\\\print\\hall' network")
    .action(async (name: string, type: string, { state, json, ...rest }: Details) => {
      const made = await callApi<PrinterView>(state, 'POST', '/printers', { ...rest, name, type });
      print(json ? { json } : {}, made, table([[`printer ${made.name} added`]]));
    });

  details(verb('change <printer>', 'change what is named'))
    .option('--name <name>', 'its name')
    .addOption(new Option('--type <type>', 'its kind').choices(Object.keys(PRINTER_TYPES)))
    .addHelpText('after', "\nExample:\n  fogd printer change '\\\\print\\hall' --description 'by the door'")
    .action(async (name: string, { state, json, ...changes }: Details) => {
      const changed = await callApi<PrinterView>(state, 'PATCH', await path(state, name), changes);
      print(json ? { json } : {}, changed, table([[`printer ${changed.name} changed`]]));
    });

  verb('remove <printer>', 'forget a printer; clients that have it keep it')
    .addHelpText('after', "\nExample:\n  fogd printer remove '\\\\print\\hall'")
    .action(async (name: string, options: Options) => {
      const where = await path(options.state, name);
      const removed = await callApi<PrinterView>(options.state, 'DELETE', where);
      print(options, removed, table([[`printer ${removed.name} removed`]]));
    });

  verb('assign <host> [printer...]', 'the printers of a host, in place of those before')
    .option('--default <printer>', 'the one that is printed on')
    .addOption(
      new Option(
        '--mode <mode>',
        'off; managed: other printers of this list are removed; exclusive: all others are',
      ).choices(Object.keys(PRINTER_MODES)),
    )
    .addHelpText('after', "\nExample:\n  fogd printer assign lab-pc-01 '\\\\print\\hall' --mode managed")
    .action(
      async (
        host: string,
        printers: string[],
        { state, json, ...rest }: Options & { readonly default?: string; readonly mode?: string },
      ) => {
        const where = `/hosts/${encodeURIComponent(host)}/printers`;
        const view = await callApi<HostPrinters>(state, 'PATCH', where, { printers, ...rest });
        print(json ? { json } : {}, view, lines(view));
      },
    );

  verb('of <host>', 'the printers of a host')
    .addHelpText('after', '\nExample:\n  fogd printer of lab-pc-01')
    .action(async (host: string, options: Options) => {
      const where = `/hosts/${encodeURIComponent(host)}/printers`;
      const view = await callApi<HostPrinters>(options.state, 'GET', where);
      print(options, view, lines(view));
    });
}

/** Throws PRINTER_NAME_UNKNOWN. */
async function path(state: string, name: string): Promise<string> {
  const printers = await listAll<PrinterView>(state, '/printers');
  const found = printers.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!found) throw cliErrors.PRINTER_NAME_UNKNOWN({ name });
  return `/printers/${found.id}`;
}

function lines(view: HostPrinters): string[] {
  return table([
    [`${view.host}: ${view.mode}`, ''],
    ...view.printers.map((name) => [`  ${name}`, name === view.default ? 'default' : '']),
  ]);
}
