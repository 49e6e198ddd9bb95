import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { showArrivals } from './arrivals.js';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { bytes, listing, time } from './tables.js';

interface BootFileView {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly size: number;
  readonly addedAt: number;
  readonly source: string;
  readonly isDefault: boolean;
  readonly hosts: readonly string[];
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface AddOptions extends Options {
  readonly as?: string;
  readonly name?: string;
  readonly sha256?: string;
  readonly keepDefault?: true;
}

export function addBootfile(program: Command): void {
  const bootfile = program
    .command('bootfile')
    .description('kernel, init and boot loaders that fogd keeps, versions side by side')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd bootfile list\n  fogd bootfile add /var/www/fog/service/ipxe --as fog-1.5.10',
    );
  const verb = (name: string, description: string) =>
    bootfile.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('add <source>', 'take boot files from a folder, a file or a URL')
    .option('--as <version>', 'what version to call them (default: the date)')
    .option('--name <name>', 'what one file is called for machines (default: its own name)')
    .option('--sha256 <sum>', 'what one file must hold')
    .option('--keep-default', 'machines go on with what they have; hosts may name the new one')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd bootfile add /var/www/fog/service/ipxe --as fog-1.5.10\n  fogd bootfile add https://files.example/bzImage --as 6.12.1 --keep-default',
    )
    .action(async (source: string, { state, json, as: version, ...order }: AddOptions) => {
      const place = /^https?:/i.test(source) || !existsSync(source) ? source : resolve(source);
      const wanted = { ...order, ...(version === undefined ? {} : { version }), source: place };
      const taken = callApi<BootFileView[]>(state, 'POST', '/boot-files', wanted);
      if (!json) await showArrivals(taken, () => callApi(state, 'GET', '/boot-files/arriving'));
      const added = await taken;
      print({ ...(json && { json }) }, added, [
        ...tableOf(added),
        '',
        `${added.length} ${added.length === 1 ? 'file' : 'files'} taken`,
      ]);
    });

  asList(verb('list', 'all that fogd keeps; * is what machines get'), 'boot-files')
    .addHelpText('after', '\nExample:\n  fogd bootfile list')
    .action(async (options: Options) => {
      const files = await listed<BootFileView>(options, '/boot-files');
      print(options, files, files.length === 0 ? NOTHING_TAKEN : tableOf(files));
    });

  verb('verify', 'read every file again')
    .addHelpText('after', '\nExample:\n  fogd bootfile verify')
    .action(async (options: Options) => {
      const results = await callApi<{ name: string; version: string; verdict: string }[]>(
        options.state,
        'POST',
        '/boot-files/verify',
      );
      const rows = results.map(({ name, version, verdict }) => [name, version, verdict]);
      print(
        options,
        results,
        results.length === 0 ? NOTHING_TAKEN : listing(['NAME', 'VERSION', 'STATE'], rows),
      );
      if (results.some(({ verdict }) => verdict !== 'ok')) process.exitCode = 1;
    });

  verb('default <name> <version>', 'what machines get that name no version')
    .addHelpText('after', '\nExample:\n  fogd bootfile default bzImage 6.12.1')
    .action(async (name: string, version: string, options: Options) => {
      const chosen = await callApi<BootFileView>(options.state, 'PUT', '/boot-files/default', {
        name,
        version,
      });
      print(options, chosen, [`machines get ${chosen.name} ${chosen.version} now`]);
    });

  verb('remove <name> <version>', 'delete a version')
    .addHelpText('after', '\nExample:\n  fogd bootfile remove bzImage 6.6.0')
    .action(async (name: string, version: string, options: Options) => {
      const query = new URLSearchParams({ name, version });
      const removed = await callApi<BootFileView>(options.state, 'DELETE', `/boot-files?${query}`);
      print(options, removed, [`${removed.name} ${removed.version} is deleted`]);
    });
}

const NOTHING_TAKEN = ['none was added: machines get those that came with fogd (fogd status names them)'];

function tableOf(files: readonly BootFileView[]): string[] {
  const rows = files.map((one) => [
    `${one.isDefault ? '*' : ' '} ${one.name}`,
    one.version,
    bytes(one.size),
    one.sha256.slice(0, 12),
    time(one.addedAt),
    one.hosts.join(' '),
  ]);
  return listing(['  NAME', 'VERSION', 'SIZE', 'SHA-256', 'ADDED', 'HOSTS'], rows);
}
