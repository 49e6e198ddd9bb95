import type { Command } from 'commander';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, table, time } from './tables.js';

interface LeaseView {
  readonly address: string;
  readonly mac: string;
  readonly host: string | null;
  readonly hostname: string | null;
  readonly clientId: string | null;
  readonly state: string;
  readonly grantedAt: number;
  readonly expiresAt: number;
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
}

export function addLease(program: Command): void {
  const lease = program
    .command('lease')
    .description('addresses that fogd leases by DHCP')
    .addHelpText('after', '\nExamples:\n  fogd lease list\n  fogd lease show 10.0.0.50');
  const verb = (name: string, description: string) =>
    lease.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'who has which address'), 'leases')
    .option('--all', 'also those that are over: released and expired')
    .addHelpText('after', '\nExample:\n  fogd lease list --all')
    .action(async (options: Options) => {
      const leases = await listed<LeaseView>(options, '/leases', { all: options.all });
      const rows = leases.map((one) => [one.address, one.mac, name(one), one.state, time(one.expiresAt)]);
      const head = ['ADDRESS', 'MAC', 'NAME', 'STATE', 'UNTIL'];
      print(options, leases, leases.length === 0 ? ['no leases'] : listing(head, rows));
    });

  verb('show <address>', 'one address; or the newest of a MAC address')
    .addHelpText('after', '\nExamples:\n  fogd lease show 10.0.0.50\n  fogd lease show 00:11:22:33:44:55')
    .action(async (key: string, options: Options) => {
      const one = await callApi<LeaseView>(options.state, 'GET', `/leases/${encodeURIComponent(key)}`);
      const rows = [
        ['address', one.address],
        ['state', one.state === 'declined' ? 'declined: something else uses it' : one.state],
        ['MAC', one.mac],
        ['host', one.host ?? ''],
        ['calls itself', one.hostname ?? ''],
        ['client id', one.clientId ?? ''],
        ['since', time(one.grantedAt)],
        ['until', time(one.expiresAt)],
      ];
      print(options, one, table(rows));
    });

  verb('release <address>', 'take an address out of the hands of a machine that is gone')
    .addHelpText(
      'after',
      '\nA machine that still runs does not know, and goes on using it.\n\nExample:\n  fogd lease release 10.0.0.50',
    )
    .action(async (key: string, options: Options) => {
      const path = `/leases/${encodeURIComponent(key)}`;
      const one = await callApi<LeaseView>(options.state, 'DELETE', path);
      print(options, one, [`${one.address} is free; ${one.mac} had it`]);
    });
}

function name({ host, hostname }: LeaseView): string {
  return host ?? hostname ?? '';
}
