import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Settings } from '#settings/schema.js';
import { DEFAULT_CONFIG } from './defaults.js';

/** The settings that a daemon started with the same options has. */
export interface SettingsOptions {
  readonly config?: string;
  readonly dhcp?: string;
  readonly interface?: string[];
}

export function addSettingsOptions(command: Command): Command {
  return command
    .option('--config <file>', `settings file (default: ${DEFAULT_CONFIG} if it exists)`)
    .addOption(new Option('--dhcp <mode>', 'overrides dhcp.mode').choices(['off', 'proxy', 'server']))
    .option('--interface <name...>', 'overrides dhcp.interfaces');
}

/** Throws SETTINGS_UNREADABLE or SETTINGS_INVALID. */
export async function effectiveSettings(options: SettingsOptions): Promise<Settings> {
  // Loaded only here, for the sake of the commands that are clients of the daemon.
  const { loadSettings } = await import('#settings/load.js');
  const config = options.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  return loadSettings(config, {
    ...(options.dhcp === undefined ? {} : { dhcpMode: options.dhcp }),
    ...(options.interface === undefined ? {} : { interfaces: options.interface }),
  });
}
