import { defineErrors } from '#errors.js';

export const secretErrors = defineErrors({
  SECRET_KEY_UNUSABLE: {
    message: 'the key of the stored passwords {file} cannot be used ({reason})',
    remedy: 'give it to the user that runs fogd alone (chmod 600), or restore it from a backup',
    status: 503,
  },
  SECRET_KEY_LOST: {
    message: 'the key of the stored passwords {file} is gone',
    remedy:
      'restore it from a backup, or set the passwords again: fogd client change HOST --domain-password, fogd client set-defaults --domain-password',
    status: 503,
  },
  SECRET_UNREADABLE: {
    message: 'a stored password cannot be opened with the key {file}',
    remedy:
      'set it again: fogd client change HOST --domain-password, or fogd client set-defaults --domain-password',
    status: 503,
  },
});
