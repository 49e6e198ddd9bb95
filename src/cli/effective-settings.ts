import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Settings } from '#settings/schema.js';
import { DEFAULT_CONFIG, DEFAULT_STATE } from './defaults.js';
import { stateOption } from './options.js';

export const CONFIG_HELP = `settings file (default: ${DEFAULT_CONFIG} if it exists; with another --state: none)`;

/** The settings that a daemon started with the same options has. */
export interface SettingsOptions {
  readonly state: string;
  readonly config?: string;
  readonly dhcp?: string;
  readonly interface?: string[];
}

export function addSettingsOptions(command: Command): Command {
  return command
    .addOption(stateOption())
    .option('--config <file>', CONFIG_HELP)
    .addOption(new Option('--dhcp <mode>', 'overrides dhcp.mode').choices(['off', 'proxy', 'server']))
    .option('--interface <name...>', 'overrides dhcp.interfaces');
}

/** The settings of the service belong to its state: a fogd that is tried in a checkout has its own, or all defaults. */
export function settingsFile(
  { state, config }: Pick<SettingsOptions, 'state' | 'config'>,
  exists: (file: string) => boolean = existsSync,
): string | undefined {
  if (config !== undefined) return config;
  return resolve(state) === DEFAULT_STATE && exists(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined;
}

/** Throws SETTINGS_UNREADABLE or SETTINGS_INVALID. */
export async function effectiveSettings(options: SettingsOptions): Promise<Settings> {
  // Loaded only here, for the sake of the commands that are clients of the daemon.
  const { loadSettings } = await import('#settings/load.js');
  return loadSettings(settingsFile(options), {
    ...(options.dhcp === undefined ? {} : { dhcpMode: options.dhcp }),
    ...(options.interface === undefined ? {} : { interfaces: options.interface }),
  });
}
