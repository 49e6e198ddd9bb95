import { parseSettings } from '#settings/load.js';
import type { Settings } from '#settings/schema.js';

/** Complete settings from TOML text. */
export function settingsOf(toml: string): Settings {
  const { settings, problems } = parseSettings(toml);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
}
