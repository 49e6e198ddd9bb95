import { defineErrors } from '#errors.js';

export const settingsErrors = defineErrors({
  SETTINGS_UNREADABLE: {
    message: 'the settings file {file} cannot be read ({reason})',
    remedy: 'check that it exists and that fogd may read it, or name another with --config',
  },
  SETTINGS_INVALID: {
    message: '{problems}',
    remedy: 'mend the file and run: fogd check --config {file}',
  },
  OPTIONS_INVALID: {
    message: '{problems}',
    remedy:
      'add the option that is missing, e.g. --interface eth0, or name a file with all settings: --config FILE',
  },
});
