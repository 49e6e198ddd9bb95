import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { SNAPIN_TEMPLATES, TEMPLATE_NAMES } from '#domain/snapin-template.js';
import { callApi, uploadApi } from './client.js';
import { cliErrors } from './errors.js';
import { asList, listed } from './list.js';
import { jsonOption, numberOption, stateOption } from './options.js';
import { print } from './print.js';
import { bytes, listing, table, time } from './tables.js';

interface SnapinView {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  readonly args: string;
  readonly runWith: string;
  readonly runWithArgs: string;
  readonly pack: boolean;
  readonly action: string;
  readonly hide: boolean;
  readonly timeout: number;
  readonly protected: boolean;
  readonly enabled: boolean;
  readonly toReplicate: boolean;
  readonly sha512: string;
  readonly size: number;
  readonly damage: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly hosts: readonly string[];
}

interface SnapinTaskView {
  readonly id: number;
  readonly host: string;
  readonly snapin: string;
  readonly state: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly exitCode: number | null;
  readonly details: string;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface CommandOptions extends Options {
  readonly name?: string;
  readonly fileName?: string;
  readonly description?: string;
  readonly template?: string;
  readonly args?: string;
  readonly runWith?: string;
  readonly runWithArgs?: string;
  readonly pack?: boolean;
  readonly program?: string;
  readonly then?: string;
  readonly hide?: boolean;
  readonly timeout?: number;
  readonly protect?: boolean;
  readonly enable?: boolean;
  readonly replicate?: boolean;
}

const TEMPLATES = TEMPLATE_NAMES.map(
  (name) => `  ${name.padEnd(14)} ${SNAPIN_TEMPLATES[name].description}`,
).join('\n');

export function addSnapin(program: Command): void {
  const snapin = program
    .command('snapin')
    .description('programs that the FOG Client runs on hosts')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd snapin add 7z.msi --name 7-Zip --template msi\n  fogd snapin assign 7-Zip lab-pc-01',
    );
  const verb = (name: string, description: string) =>
    snapin.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  withCommand(verb('add <file>', 'take a snapin in'))
    .option('--name <name>', 'default: the name of the file without its end')
    .option('--sha512 <sum>', 'what the file must hold')
    .addHelpText(
      'after',
      `\nTemplates, for which files end like that or are packs:\n${TEMPLATES}\n\nExamples:\n  fogd snapin add 7z.msi --name 7-Zip --template msi --timeout 600\n  fogd snapin add office.zip --template msi --program setup.msi --then reboot`,
    )
    .action(async (file: string, options: CommandOptions & { readonly sha512?: string }) => {
      const fields = fieldsOf(options);
      const query = queryOf({
        name: basename(file).replace(/(?<=.)\.[^.]*$/, ''),
        file: basename(file),
        ...fields,
        ...(options.sha512 === undefined ? {} : { sha512: options.sha512 }),
      });
      const added = await uploadApi<SnapinView>(options, 'POST', `/snapins?${query}`, file);
      print(options, added, [
        `snapin ${added.name} added: ${added.file}, ${bytes(added.size)}`,
        `give it to hosts with: fogd snapin assign "${added.name}" HOST`,
      ]);
    });

  verb('file <name> <file>', 'give a snapin another file')
    .addHelpText('after', '\nExample:\n  fogd snapin file 7-Zip 7z-25.msi')
    .option('--file-name <name>', 'what the client calls it (default: the name of the file)')
    .option('--sha512 <sum>', 'what the file must hold')
    .action(
      async (
        name: string,
        file: string,
        options: Options & { readonly fileName?: string; readonly sha512?: string },
      ) => {
        const sum = options.sha512 === undefined ? {} : { sha512: options.sha512 };
        const query = queryOf({ file: options.fileName ?? basename(file), ...sum });
        const changed = await uploadApi<SnapinView>(options, 'PUT', `${path(name)}/file?${query}`, file);
        print(options, changed, [`snapin ${changed.name}: ${changed.file}, ${bytes(changed.size)}`]);
      },
    );

  withCommand(verb('change <name>', 'change how a snapin is run'))
    .addHelpText('after', '\nExample:\n  fogd snapin change 7-Zip --timeout 900 --no-enable')
    .option('--name <name>', 'another name')
    .option('--no-pack', 'the file is run itself')
    .option('--no-hide', 'the client may log the arguments')
    .option('--no-protect', 'its file may be replaced and it may be removed')
    .option('--enable', 'new tasks have it')
    .option('--no-enable', 'new tasks leave it out, and clients that wait for it go on waiting')
    .option('--replicate', 'other storage nodes shall have its file')
    .action(async (name: string, options: CommandOptions) => {
      const changed = await callApi<SnapinView>(options.state, 'PATCH', path(name), fieldsOf(options));
      print(options, changed, describe(changed));
    });

  asList(verb('list', 'all snapins'), 'snapins')
    .addHelpText('after', '\nExamples:\n  fogd snapin list\n  fogd snapin list --host lab-pc-01')
    .addOption(
      new Option('--host <host>', 'those of a host, in the order in which it runs them').conflicts([
        'search',
        'sort',
        'limit',
      ]),
    )
    .action(async (options: Options & { readonly host?: string }) => {
      const snapins =
        options.host === undefined
          ? await listed<SnapinView>(options, '/snapins')
          : await callApi<SnapinView[]>(options.state, 'GET', hostPath(options.host));
      print(options, snapins, snapins.length === 0 ? ['no snapins'] : tableOf(snapins));
    });

  verb('show <name>', 'one snapin')
    .addHelpText('after', '\nExample:\n  fogd snapin show 7-Zip')
    .action(async (name: string, options: Options) => {
      const found = await callApi<SnapinView>(options.state, 'GET', path(name));
      print(options, found, describe(found));
    });

  verb('remove <name>', 'remove a snapin and its file; its history stays')
    .addHelpText('after', '\nExample:\n  fogd snapin remove 7-Zip')
    .option('--force', 'also where clients are still to run it')
    .action(async (name: string, options: Options & { readonly force?: true }) => {
      const query = options.force ? '?force=true' : '';
      const removed = await callApi<SnapinView>(options.state, 'DELETE', `${path(name)}${query}`);
      print(options, removed, [`snapin ${removed.name} removed`]);
    });

  for (const [change, description] of [
    ['assign', 'give a snapin to hosts, as their last one'],
    ['unassign', 'take a snapin from hosts'],
  ] as const) {
    verb(`${change} <name> [host...]`, description)
      .option('--group <group>', 'all hosts that are in a group now')
      .addHelpText(
        'after',
        `\nExamples:\n  fogd snapin ${change} 7-Zip lab-pc-01 lab-pc-02\n  fogd snapin ${change} 7-Zip --group room-12`,
      )
      .action(
        async (
          name: string,
          hosts: string[],
          options: Options & { readonly group?: string },
          command: Command,
        ) => {
          if (hosts.length === 0 && options.group === undefined)
            command.error('no hosts are named: name hosts, or a group with --group');
          const choice = { hosts, ...(options.group === undefined ? {} : { group: options.group }) };
          const changed = await callApi<SnapinView>(options.state, 'POST', `${path(name)}/${change}`, choice);
          print(options, changed, [`snapin ${changed.name}: ${changed.hosts.join(' ') || 'no hosts'}`]);
        },
      );
  }

  verb('order <host> [name...]', 'give a host exactly these snapins, in this order')
    .addHelpText('after', '\nExample:\n  fogd snapin order lab-pc-01 Runtime Office 7-Zip')
    .action(async (host: string, snapins: string[], options: Options) => {
      const set = await callApi<SnapinView[]>(options.state, 'PUT', hostPath(host), { snapins });
      print(options, set, set.length === 0 ? ['no snapins'] : tableOf(set));
    });

  verb('verify [name]', 'read the files again, all or one')
    .addHelpText('after', '\nExample:\n  fogd snapin verify')
    .action(async (name: string | undefined, options: Options) => {
      const wanted = name === undefined ? {} : { name };
      const verdicts = await callApi<{ name: string; damage: string }[]>(
        options.state,
        'POST',
        '/snapins/verify',
        wanted,
      );
      const rows = verdicts.map((one) => [one.name, one.damage === '' ? 'ok' : one.damage]);
      print(options, verdicts, table([['NAME', 'STATE'], ...rows]));
      if (verdicts.some(({ damage }) => damage !== '')) process.exitCode = 1;
    });

  asList(verb('history', 'what hosts are to run and have run, newest first'), 'snapin-tasks')
    .addHelpText('after', '\nExample:\n  fogd snapin history --host lab-pc-01')
    .option('--host <host>', 'of one host')
    .option('--snapin <name>', 'of one snapin')
    .option('--active', 'only what is not over')
    .action(
      async ({
        host,
        snapin,
        active,
        ...options
      }: Options & { readonly host?: string; readonly snapin?: string; readonly active?: true }) => {
        const tasks = await listed<SnapinTaskView>(options, '/snapin-tasks', { host, snapin, active });
        const rows = tasks.map((one) => [
          String(one.id),
          one.host,
          one.snapin,
          one.state,
          time(one.finishedAt ?? one.createdAt),
          one.exitCode === null ? '' : String(one.exitCode),
          one.details,
        ]);
        const head = ['ID', 'HOST', 'SNAPIN', 'STATE', 'TIME', 'CODE', ''];
        print(options, tasks, rows.length === 0 ? ['nothing'] : listing(head, rows));
      },
    );

  verb('cancel <id>', 'cancel one snapin of a host, by its number in the history')
    .addHelpText('after', '\nExample:\n  fogd snapin cancel 12')
    .action(async (id: string, options: Options) => {
      if (!/^\d{1,10}$/.test(id)) throw cliErrors.SNAPIN_TASK_NUMBER_BAD({ id });
      const cancelled = await callApi<SnapinTaskView>(options.state, 'POST', `/snapin-tasks/${id}/cancel`);
      print(options, cancelled, [`${cancelled.snapin} on ${cancelled.host}: cancelled`]);
    });
}

/** Options of `add` and `change` alike. */
function withCommand(command: Command): Command {
  return command
    .option('--file-name <name>', 'what the client calls the file')
    .option('--description <text>', 'for people')
    .addOption(new Option('--template <kind>', 'how files of a kind are run').choices(TEMPLATE_NAMES))
    .option('--run-with <program>', 'the program that runs the file (default: the file itself)')
    .option('--run-with-args <words>', 'its arguments, before the file')
    .option('--args <words>', 'arguments behind the file')
    .option('--pack', 'the file is a zip archive, in which the program is')
    .option('--program <file>', 'with a template: the file in a pack that is run')
    .addOption(
      new Option('--then <what>', 'what the client does after it has run').choices([
        'nothing',
        'reboot',
        'shutdown',
      ]),
    )
    .option('--hide', 'the client does not log the arguments')
    .addOption(numberOption('--timeout <seconds>', 'the client ends it then; 0: never'))
    .option('--protect', 'its file cannot be replaced nor it be removed')
    .option(
      '--no-replicate',
      'other storage nodes shall not have its file (there is one node: this is only kept)',
    );
}

function fieldsOf(options: CommandOptions): Readonly<Record<string, string | number | boolean>> {
  const { name, description, template, args, runWith, runWithArgs, pack, program, hide, timeout } = options;
  const said = {
    ...{ name, description, template, args, runWith, runWithArgs, program, hide, timeout },
    pack: pack ?? (program === undefined ? undefined : true),
    file: options.fileName,
    action: options.then === 'nothing' ? '' : options.then,
    protected: options.protect,
    enabled: options.enable,
    toReplicate: options.replicate,
  };
  return Object.fromEntries(
    Object.entries(said).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
    ),
  );
}

function queryOf(fields: Readonly<Record<string, string | number | boolean>>): URLSearchParams {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(pairs);
}

const path = (name: string): string => `/snapins/${encodeURIComponent(name)}`;
const hostPath = (host: string): string => `/hosts/${encodeURIComponent(host)}/snapins`;

function flagsOf({ pack, enabled, toReplicate, damage, ...one }: SnapinView): string {
  const flags = [
    pack && 'pack',
    one.protected && 'protected',
    !enabled && 'disabled',
    !toReplicate && 'not replicated',
    damage !== '' && 'damaged',
  ];
  return flags.filter((flag) => flag !== false).join(' ');
}

function tableOf(snapins: readonly SnapinView[]): string[] {
  const rows = snapins.map((one) => [
    one.name,
    one.file,
    bytes(one.size),
    String(one.hosts.length),
    flagsOf(one),
  ]);
  return listing(['NAME', 'FILE', 'SIZE', 'HOSTS', ''], rows);
}

function describe(one: SnapinView): string[] {
  const file = one.pack ? '' : `"${one.file}"`;
  const line = [one.runWith, one.runWithArgs, file, one.args].filter((word) => word !== '').join(' ');
  const rows = [
    ['snapin', one.name],
    ['description', one.description],
    ['file', `${one.file}, ${bytes(one.size)}${one.pack ? ', unpacked first' : ''}`],
    ['runs', line],
    ['time-out', one.timeout === 0 ? '' : `${one.timeout} s`],
    ['then', one.action],
    ['flags', [flagsOf(one), one.hide ? 'arguments hidden' : ''].filter((flag) => flag !== '').join(', ')],
    ['damage', one.damage],
    ['SHA-512', one.sha512],
    ['taken in', `${time(one.createdAt)} by ${one.createdBy}`],
    ['hosts', one.hosts.join(' ')],
  ];
  return table(rows.filter(([, value]) => value !== ''));
}
