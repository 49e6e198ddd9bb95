import type { Command } from 'commander';
import type { ClientSettingsView } from '#domain/client-settings.js';
import { callApi } from './client.js';
import { cliErrors } from './errors.js';
import { jsonOption, stateOption } from './options.js';
import { readPassword } from './password-input.js';
import { print } from './print.js';
import { table, time } from './tables.js';

interface Options {
  readonly state: string;
  readonly json?: true;
}

interface Changes extends Options {
  readonly enforce?: string;
  readonly join?: boolean;
  readonly domain?: string;
  readonly ou?: string;
  readonly domainUser?: string;
  readonly domainPassword?: boolean;
  readonly autoLogout?: string;
  readonly display?: string;
}

interface DefaultsView {
  readonly domain: string;
  readonly ou: string;
  readonly domainUser: string;
  readonly hasDomainPassword: boolean;
}

const DEFAULTS = '/client/domain-defaults';

const ENFORCE: Readonly<Record<string, boolean | null>> = { always: true, unused: false, default: null };

/** What the modules of FOG Client are to do on a host: part of the command "client". */
export function addClientSettings(client: Command): void {
  const verb = (name: string, description: string) =>
    client.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('settings <host>', 'what the modules are to do on a host')
    .addHelpText('after', '\nExample:\n  fogd client settings lab-pc-01')
    .action(async (host: string, options: Options) => {
      const view = await callApi<ClientSettingsView>(options.state, 'GET', path(host, 'settings'));
      print(options, view, lines(view));
    });

  verb('change <host>', 'change what the modules are to do; what is not named stays')
    .option('--enforce <when>', 'when it is renamed and joined: always, unused (nobody works at it), default')
    .option('--join', 'it belongs into a domain')
    .option('--no-join', 'it does not')
    .option('--domain <name>', 'DNS name of the domain')
    .option('--ou <name>', 'where in the domain; "": where the domain puts it')
    .option('--domain-user <user>', 'account that may join machines, and nothing else')
    .option('--domain-password', 'its password, asked for or read from the first line of standard input')
    .option('--no-domain-password', 'forget it')
    .option('--auto-logout <minutes>', 'log out who is idle so long: 5 or more, 0 (never), default')
    .option('--display <mode>', 'width, height and refresh rate such as 1024x768x60, or default')
    .addHelpText(
      'after',
      '\nExample:\n  fogd client change lab-pc-01 --join --domain example.org --domain-user joiner --domain-password\n  fogd client secrets lab-pc-01',
    )
    .action(async (host: string, options: Changes) => {
      const { state, enforce, join, domain, ou, domainUser, domainPassword } = options;
      const { autoLogout, display } = options;
      if (enforce !== undefined && !Object.hasOwn(ENFORCE, enforce))
        throw cliErrors.ENFORCE_WORD({ word: enforce });
      const view = await callApi<ClientSettingsView>(state, 'PATCH', path(host, 'settings'), {
        ...(enforce === undefined ? {} : { enforce: ENFORCE[enforce] }),
        joinDomain: join,
        domain,
        ou,
        domainUser,
        ...(autoLogout === undefined ? {} : { autoLogoutMinutes: minutesOf(autoLogout) }),
        ...(display === undefined ? {} : { display: displayOf(display) }),
        ...(await passwordChange(domainPassword)),
      });
      print(options, view, lines(view));
    });

  verb('secrets <host>', 'for some hours, tell its client the account of its domain and its product key')
    .addHelpText(
      'after',
      '\nAfter a deploy this happens by itself; for how long: client.secret_hours.\n\nExample:\n  fogd client secrets lab-pc-01',
    )
    .action(async (host: string, options: Options) => {
      const view = await callApi<ClientSettingsView>(options.state, 'POST', path(host, 'secrets'));
      print(options, view, lines(view));
    });

  verb('defaults', 'what a host gets that is to join a domain and has none of its own')
    .addHelpText('after', '\nExample:\n  fogd client defaults')
    .action(async (options: Options) => {
      const view = await callApi<DefaultsView>(options.state, 'GET', DEFAULTS);
      print(options, view, defaultLines(view));
    });

  verb('set-defaults', 'change what such a host gets; those that have it already keep it')
    .option('--domain <name>', 'DNS name of the domain; "": none')
    .option('--ou <name>', 'where in the domain; "": where the domain puts it')
    .option('--domain-user <user>', 'account that may join machines, and nothing else')
    .option('--domain-password', 'its password, asked for or read from the first line of standard input')
    .option('--no-domain-password', 'forget it')
    .addHelpText(
      'after',
      '\nExample:\n  fogd client set-defaults --domain example.org --domain-user joiner --domain-password\n  fogd client change lab-pc-01 --join',
    )
    .action(async ({ state, domain, ou, domainUser, domainPassword, ...options }: Changes) => {
      const view = await callApi<DefaultsView>(state, 'PATCH', DEFAULTS, {
        domain,
        ou,
        domainUser,
        ...(await passwordChange(domainPassword)),
      });
      print(options, view, defaultLines(view));
    });
}

/** Of `--domain-password` and `--no-domain-password`. */
async function passwordChange(isKept: boolean | undefined): Promise<{ readonly domainPassword?: string }> {
  if (isKept === undefined) return {};
  return { domainPassword: isKept ? await readPassword() : '' };
}

/** Throws AUTO_LOGOUT_WORD. */
function minutesOf(text: string): number | null {
  if (text === 'default') return null;
  if (!/^\d{1,5}$/.test(text)) throw cliErrors.AUTO_LOGOUT_WORD({ word: text });
  return Number(text);
}

/** Throws DISPLAY_WORD. */
function displayOf(text: string): ClientSettingsView['display'] {
  if (text === 'default') return null;
  const [, width, height, refresh] = /^(\d{3,5})x(\d{3,5})x(\d{1,4})$/.exec(text) ?? [];
  if (width === undefined) throw cliErrors.DISPLAY_WORD({ word: text });
  return { width: Number(width), height: Number(height), refresh: Number(refresh) };
}

function path(host: string, what: string): string {
  return `/hosts/${encodeURIComponent(host)}/client/${what}`;
}

function lines(view: ClientSettingsView): string[] {
  const enforce = Object.entries(ENFORCE).find(([, value]) => value === view.enforce)?.[0] ?? '';
  return [
    view.host,
    ...table([
      ['  rename and join', enforce],
      ['  domain', view.joinDomain ? view.domain : `none${view.domain && ` (${view.domain} is not joined)`}`],
      ['  OU', view.ou],
      ['  account', view.domainUser],
      ['  password', view.hasDomainPassword ? 'kept' : 'none'],
      ['  log out who is idle', minutesText(view.autoLogoutMinutes)],
      [
        '  display',
        view.display
          ? `${view.display.width}x${view.display.height}, ${view.display.refresh} Hz`
          : 'as the settings say',
      ],
      ['  product key', view.hasProductKey ? 'kept' : 'none'],
      [
        '  told',
        view.tellsSecrets
          ? `password and key, now${view.secretsUntil === null ? '' : ` (ordered until ${time(view.secretsUntil)})`}`
          : 'neither password nor key, until a deploy or: fogd client secrets',
      ],
    ]),
  ];
}

function defaultLines(view: DefaultsView): string[] {
  return table([
    ['domain', view.domain || 'none'],
    ['OU', view.ou],
    ['account', view.domainUser],
    ['password', view.hasDomainPassword ? 'kept' : 'none'],
  ]);
}

function minutesText(minutes: number | null): string {
  if (minutes === null) return 'as client.autologout_minutes says';
  return minutes === 0 ? 'never' : `after ${minutes} minutes`;
}
