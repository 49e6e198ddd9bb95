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
});
