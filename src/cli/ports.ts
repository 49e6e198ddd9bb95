import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Pair } from '#ports/nftables.js';
import { contains, type Network, networkText, parseNetwork } from '#settings/network.js';
import { addSettingsOptions, effectiveSettings, type SettingsOptions } from './effective-settings.js';
import { jsonOption } from './options.js';
import { print } from './print.js';
import { listing } from './tables.js';

interface Options extends SettingsOptions {
  readonly json?: true;
  readonly format: 'table' | 'nftables';
  readonly between?: readonly Network[];
  readonly helper?: true;
  readonly dropRest?: readonly number[];
}

const SSH = 22;

const EXAMPLES = `
Examples:
  fogd ports
  fogd ports --format nftables --drop-rest > fogd.nft
  fogd ports --format nftables --between 10.1.0.0/16 10.0.0.5`;

export function addPorts(program: Command): void {
  addSettingsOptions(
    program.command('ports').description('every port: who talks to whom and why; ready rules for firewalls'),
  )
    .addOption(
      new Option('--format <format>', 'for people, or for nft -f')
        .choices(['table', 'nftables'])
        .default('table'),
    )
    .addOption(
      new Option(
        '--between <network...>',
        'only what a firewall between sees: the network of the machines, then the address of this server; more such pairs for more networks and for IPv6',
      ).argParser(network),
    )
    .option('--helper', 'with --between: that firewall has a connection-tracking helper for TFTP')
    .addOption(
      new Option(
        '--drop-rest [ports]',
        'with --format nftables: drop all else that comes to this server, except these TCP ports; without ports: SSH, 22',
      )
        .argParser(tcpPorts)
        .preset(String(SSH)),
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    // One line for a mistake.
    .showHelpAfterError(false)
    .action(async (options: Options, command: Command) => {
      const mistake = misuse(options);
      if (mistake !== undefined) command.error(`error: ${mistake}`);
      // Loaded only here: the other commands are clients and start in a fraction of the time.
      const [
        { betweenRuleset, serverRuleset },
        { crossing, portPlan },
        { COLUMNS, cells },
        { externalShare },
      ] = await Promise.all([
        import('#ports/nftables.js'),
        import('#ports/plan.js'),
        import('#ports/words.js'),
        import('#domain/share.js'),
      ]);
      const settings = await effectiveSettings(options);
      const plan = portPlan(settings);
      const { format, between, helper = false, dropRest } = options;
      const pairs = pairsOf(between);
      if (format === 'nftables') {
        const nfsHost = externalShare(settings.nfs)?.host;
        const more = nfsHost === undefined ? {} : { nfsHost };
        process.stdout.write(
          between ? betweenRuleset(plan, { pairs, helper, ...more }) : serverRuleset(plan, dropRest),
        );
        return;
      }
      const rows = between
        ? crossing(plan, { families: pairs.map(({ clients }) => clients.family), helper })
        : plan;
      print(
        options,
        rows,
        listing(
          COLUMNS.map((name) => name.toUpperCase()),
          rows.map(cells),
        ),
      );
    });
}

function pairsOf(networks: readonly Network[] = []): Pair[] {
  return networks.flatMap((clients, index) => {
    const server = networks[index + 1];
    return index % 2 === 0 && server !== undefined ? [{ clients, server }] : [];
  });
}

/** Options that do not go together; undefined where they do. */
function misuse({ json, format, between, helper, dropRest }: Options): string | undefined {
  if (between !== undefined) {
    if (between.length % 2 !== 0)
      return '--between needs pairs: the network of the machines and the address of this server, e.g. --between 10.1.0.0/16 10.0.0.5.';
    const wrong = pairsOf(between)
      .map(pairMisuse)
      .find((what) => what !== undefined);
    if (wrong !== undefined) return `--between: ${wrong}`;
    if (dropRest !== undefined)
      return '--drop-rest is for this server; a firewall between drops the rest anyway: leave it out.';
  }
  if (helper && between === undefined)
    return '--helper is about a firewall between: add --between NETWORK SERVER.';
  if (dropRest !== undefined && format !== 'nftables')
    return '--drop-rest is for rules: add --format nftables.';
  if (json && format === 'nftables') return '--json is for the table: leave out --json or --format nftables.';
  return undefined;
}

function pairMisuse({ clients, server }: Pair): string | undefined {
  const [from, to] = [networkText(clients), networkText(server)];
  if (clients.family !== server.family)
    return `${from} is IPv${clients.family} and ${to} is IPv${server.family}; make pairs of one family.`;
  if (server.prefix < (server.family === 4 ? 32 : 128))
    return `${to} is a network; the second of a pair is the one address of this server.`;
  if (contains(clients, server))
    return `${to} is inside ${from}, so no firewall is between them; name the network of the machines only.`;
  return undefined;
}

function network(text: string, before: readonly Network[] = []): readonly Network[] {
  const found = parseNetwork(text);
  if (found === undefined)
    throw new InvalidArgumentError('an IPv4 or IPv6 network or address is needed, e.g. 10.1.0.0/16.');
  if (!found.isExact)
    throw new InvalidArgumentError(`it has bits after its prefix; the network is ${networkText(found)}.`);
  return [...before, found];
}

const MOST_PORTS = 15;

function tcpPorts(text: string): readonly number[] {
  const ports = text.split(',').map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : 0));
  if (ports.length > MOST_PORTS || ports.some((port) => port < 1 || port > 65_535))
    throw new InvalidArgumentError('TCP ports with commas are needed, e.g. 22,8443.');
  return [...new Set(ports)];
}
