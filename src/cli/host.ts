import type { Command } from 'commander';
import { EXIT_TYPES } from '#boot/exit.js';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, plain, table, time } from './tables.js';

interface HostSummary {
  readonly name: string;
  readonly pending: boolean;
  readonly macs: readonly string[];
  readonly task: string | null;
  readonly image: string | null;
  readonly system: string;
}

interface HostDetails extends HostSummary {
  readonly macFlags: ReadonlyArray<{
    readonly mac: string;
    readonly pending: boolean;
    readonly imageIgnore: boolean;
    readonly clientIgnore: boolean;
  }>;
  readonly description: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly inventory: {
    readonly updatedAt: number;
    readonly primaryUser: string;
    readonly other1: string;
    readonly other2: string;
    readonly reported: Readonly<Record<string, string>>;
  } | null;
  readonly tasks: ReadonlyArray<{
    readonly type: string;
    readonly state: string;
    readonly createdAt: number;
  }>;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface MacOptions extends Options {
  readonly primary?: true;
  readonly approve?: true;
  readonly ignoreImaging?: boolean;
  readonly ignoreClient?: boolean;
  readonly remove?: true;
}

interface Changes extends Options {
  readonly approve?: true;
  readonly name?: string;
  readonly description?: string;
  readonly kernel?: string;
  readonly init?: string;
  readonly kernelArgs?: string;
  readonly biosExit?: string;
  readonly efiExit?: string;
  readonly disk?: string;
  readonly productKey?: string;
}

export function addHost(program: Command): void {
  const host = program
    .command('host')
    .description('the machines that fogd knows')
    .addHelpText('after', '\nExamples:\n  fogd host list\n  fogd host show lab-pc-01');
  const verb = (name: string, description: string) =>
    host.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'all hosts'), 'hosts')
    .addHelpText('after', '\nExample:\n  fogd host list --json')
    .action(async (options: Options) => {
      const hosts = await listed<HostSummary>(options, '/hosts');
      const rows = hosts.map((one) => [
        one.name,
        one.macs.join(' '),
        one.system,
        one.task ?? (one.pending ? 'pending' : ''),
      ]);
      print(
        options,
        hosts,
        hosts.length === 0 ? ['no hosts yet'] : listing(['NAME', 'MAC', 'SYSTEM', 'TASK'], rows),
      );
    });

  verb('show <host>', 'one host, by name or MAC, with its hardware')
    .addHelpText('after', '\nExamples:\n  fogd host show lab-pc-01\n  fogd host show 00:11:22:33:44:55')
    .action(async (key: string, options: Options) => {
      const found = await callApi<HostDetails>(options.state, 'GET', path(key));
      print(options, found, describe(found));
    });

  verb('add <name> <mac...>', 'make a host; the first MAC is its primary one')
    .addHelpText('after', '\nExample:\n  fogd host add lab-pc-01 00:11:22:33:44:55')
    .action(async (name: string, macs: string[], options: Options) => {
      const added = await callApi<HostSummary>(options.state, 'POST', '/hosts', { name, macs });
      print(options, added, [`added ${added.name} (${added.macs.join(', ')})`]);
    });

  verb('change <host>', 'change what is named; "" takes the global setting again')
    .option('--name <name>', 'its name')
    .option('--description <text>', 'a text for people')
    .option('--approve', 'it registered itself, and may have tasks')
    .option('--kernel <file>', 'its own kernel')
    .option('--init <file>', 'its own initial RAM disk')
    .option('--kernel-args <words>', 'words for its kernel line')
    .option('--bios-exit <type>', `how it goes on to its disk from BIOS: ${EXIT_TYPES.join(', ')}`)
    .option('--efi-exit <type>', 'the same from UEFI')
    .option('--disk <disk>', 'the disk of its tasks: a device, a size in bytes, a serial number or a WWN')
    .option('--product-key <key>', 'of Windows')
    .addHelpText(
      'after',
      '\nExample:\n  fogd host change lab-pc-01 --disk /dev/nvme0n1 --efi-exit refind_efi',
    )
    .action(async (key: string, { state, json, approve, ...changes }: Changes) => {
      const body = { ...changes, ...(approve ? { pending: false } : {}) };
      const changed = await callApi<HostSummary>(state, 'PATCH', path(key), body);
      print(json ? { json } : {}, changed, [`changed ${changed.name}`]);
    });

  verb('mac <host> <mac>', 'add a MAC address to a host, or change what it is for')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd host mac lab-pc-01 00:11:22:33:44:66\n  fogd host mac lab-pc-01 00:11:22:33:44:66 --remove',
    )
    .option('--primary', 'it stands for the host')
    .option('--approve', 'a machine reported it; it may be used')
    .option('--ignore-imaging', 'not used at network boot and imaging: a shared USB adapter')
    .option('--no-ignore-imaging', 'used again')
    .option('--ignore-client', 'not used to recognise its FOG Client')
    .option('--no-ignore-client', 'used again')
    .option('--remove', 'take it away')
    .action(async (key: string, mac: string, options: MacOptions) => {
      const where = `${path(key)}/macs/${encodeURIComponent(mac)}`;
      const { primary, approve, ignoreImaging: imageIgnore, ignoreClient: clientIgnore } = options;
      const changed = options.remove
        ? await callApi<HostSummary>(options.state, 'DELETE', where)
        : await callApi<HostSummary>(options.state, 'PUT', where, {
            ...{ primary, imageIgnore, clientIgnore },
            ...(approve ? { pending: false } : {}),
          });
      print(options, changed, [`${changed.name}: ${changed.macs.join(', ')}`]);
    });

  verb('remove <host>', 'forget a host and its inventory')
    .addHelpText('after', '\nExample:\n  fogd host remove lab-pc-01')
    .action(async (key: string, options: Options) => {
      const removed = await callApi<HostSummary>(options.state, 'DELETE', path(key));
      print(options, removed, [`removed ${removed.name}`]);
    });

  verb('inventory <host>', 'at its next network boot, report the hardware again')
    .addHelpText('after', '\nExample:\n  fogd host inventory lab-pc-01')
    .action(async (key: string, options: Options) => {
      const queued = await callApi<HostSummary>(options.state, 'POST', `${path(key)}/inventory`);
      print(options, queued, [
        `${queued.name}: ${queued.task ?? ''}; it starts when the machine boots from the network`,
      ]);
    });

  verb('image <host> <image>', 'the image that its tasks use unless told otherwise')
    .addHelpText('after', '\nExample:\n  fogd host image lab-pc-01 base')
    .action(async (key: string, image: string, options: Options) => {
      const changed = await callApi<HostSummary>(options.state, 'PUT', `${path(key)}/image`, { image });
      print(options, changed, [`${changed.name}: image ${changed.image}`]);
    });

  verb('cancel <host>', "cancel the host's task")
    .addHelpText('after', '\nExample:\n  fogd host cancel lab-pc-01')
    .action(async (key: string, options: Options) => {
      const cancelled = await callApi<HostSummary>(options.state, 'POST', `${path(key)}/cancel`);
      print(options, cancelled, [`${cancelled.name}: task cancelled`]);
    });
}

function path(key: string): string {
  return `/hosts/${encodeURIComponent(key)}`;
}

function describe(host: HostDetails): string[] {
  const typed = host.inventory
    ? [
        ['primary user', host.inventory.primaryUser],
        ['other 1', host.inventory.other1],
        ['other 2', host.inventory.other2],
      ]
    : [];
  const rows = [
    ['name', host.name],
    ['MAC', host.macFlags.map(macWords).join(' ')],
    ['approval', host.pending ? 'it registered itself, and waits for: fogd host change --approve' : ''],
    ['description', host.description],
    ['registered', `${time(host.createdAt)} by ${host.createdBy}`],
    ['task', host.task ?? 'none'],
    ['image', host.image ?? ''],
    ...typed,
    ...Object.entries(host.inventory?.reported ?? {}),
  ].filter(([, value]) => value !== '');
  return [
    ...table(rows),
    ...host.tasks.map((task) => plain(`task: ${task.type}, ${task.state}, ${time(task.createdAt)}`)),
  ];
}

function macWords({ mac, pending, imageIgnore, clientIgnore }: HostDetails['macFlags'][number]): string {
  const words = [
    pending ? 'waits for approval' : '',
    imageIgnore ? 'not for imaging' : '',
    clientIgnore ? 'not for its FOG Client' : '',
  ].filter((word) => word !== '');
  return words.length === 0 ? mac : `${mac} (${words.join(', ')})`;
}
