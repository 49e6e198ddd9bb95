import { Argument, type Command } from 'commander';
import { FOREIGN_DHCP } from '#domain/foreign-dhcp.js';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly address?: string;
}

export function addDhcp(program: Command): void {
  const dhcp = program
    .command('dhcp')
    .description('DHCP: what other servers are to say')
    .addHelpText('after', '\nExample:\n  fogd dhcp advise windows');
  dhcp
    .command('advise')
    .description('what to set on another DHCP server, so that machines boot from fogd')
    .addArgument(new Argument('[server]', 'which one; default: plain words').choices(FOREIGN_DHCP))
    .option('--address <address>', "this server's address as machines reach it (default: the first one)")
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fogd dhcp advise dnsmasq > /etc/dnsmasq.d/fogd.conf')
    .action(async (server: string | undefined, { state, json, address }: Options) => {
      const query = new URLSearchParams({ server: server ?? 'plain', ...(address ? { address } : {}) });
      const advice = await callApi<{ readonly text: string }>(state, 'GET', `/dhcp/advice?${query}`);
      process.stdout.write(json ? `${JSON.stringify(advice, null, 2)}\n` : advice.text);
    });
}
