import { type Command, InvalidArgumentError, Option } from 'commander';
import { GRANTS, RESOURCES } from '#domain/token.js';
import { callApi } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { listing, time } from './tables.js';

interface TokenView {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface AddOptions extends Options {
  readonly scope: readonly string[];
  readonly expires?: number;
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('with what programs use the API over the network')
    .addHelpText('after', '\nExamples:\n  fogd token list\n  fogd token add monitoring --scope metrics:read');
  const verb = (name: string, description: string) =>
    token.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  asList(verb('list', 'all tokens, without what is secret in them'), 'tokens')
    .addHelpText('after', '\nExample:\n  fogd token list')
    .action(async (options: Options) => {
      const tokens = await listed<TokenView>(options, '/tokens');
      const rows = tokens.map((one) => [
        one.name,
        one.scopes.join(' '),
        one.expiresAt === null ? 'never' : time(one.expiresAt),
        one.lastUsedAt === null ? 'never' : time(one.lastUsedAt),
        `${time(one.createdAt)} by ${one.createdBy}`,
      ]);
      const head = ['NAME', 'SCOPES', 'EXPIRES', 'LAST USED', 'MADE'];
      print(options, tokens, tokens.length === 0 ? ['no tokens'] : listing(head, rows));
    });

  verb('add <name>', 'make a token; it is shown this one time')
    .addOption(
      new Option(
        '--scope <scope>',
        `what it may do; may be given several times: *, *:read, or :read or :write of ${RESOURCES.join(', ')}`,
      )
        .argParser(collectScope)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--expires <time>', 'how long it is good: 12h, 90d, 8w, 1y; default: for ever').argParser(
        milliseconds,
      ),
    )
    .addHelpText(
      'after',
      '\nExample:\n  fogd token add inventory-sync --scope tasks:write --scope hosts:read --expires 90d',
    )
    .action(async (name: string, { state, scope, expires, ...options }: AddOptions) => {
      const made = await callApi<TokenView & { readonly token: string }>(state, 'POST', '/tokens', {
        name,
        scopes: scope,
        ...(expires === undefined ? {} : { expiresAt: Date.now() + expires }),
      });
      const until = made.expiresAt === null ? '' : ` until ${time(made.expiresAt)}`;
      print(options, made, [
        made.token,
        '',
        `The token ${made.name} may do ${made.scopes.join(', ')}${until}. It is not shown again: keep it where its program finds it.`,
      ]);
    });

  verb('remove <name>', 'remove a token; its program is refused from now on')
    .addHelpText('after', '\nExample:\n  fogd token remove inventory-sync')
    .action(async (name: string, options: Options) => {
      const path = `/tokens/${encodeURIComponent(name)}`;
      const removed = await callApi<TokenView>(options.state, 'DELETE', path);
      print(options, removed, [`token ${removed.name} removed`]);
    });
}

function collectScope(text: string, others: readonly string[] | undefined): string[] {
  if (!GRANTS.includes(text)) throw new InvalidArgumentError('there is no such scope.');
  return [...(others ?? []), text];
}

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d{1,4})([hdwy])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new InvalidArgumentError('a number with h, d, w or y is needed, such as 90d.');
  return Number(count) * (UNITS[unit ?? ''] ?? 0);
}
