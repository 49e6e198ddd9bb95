import { defineErrors } from '#errors.js';

export const storeErrors = defineErrors({
  STORE_LOCKED: {
    message: 'the state folder {folder} is in use by another fogd (pid {pid})',
    remedy: 'stop that one first, or give this one a folder of its own with --state',
    status: 503,
  },
  STORE_READ_ONLY: {
    message: 'the state folder {folder} cannot be written ({reason})',
    remedy: 'make it writable for the user that runs fogd, or name another folder with --state',
    status: 503,
  },
  STORE_TOO_NEW: {
    message: 'the store {file} has schema version {version}, newer than this fogd knows ({known})',
    remedy: 'start the newer fogd again, or restore a backup made by this version',
    status: 503,
  },
  STORE_DAMAGED: {
    message: 'the store {file} cannot be read ({reason})',
    remedy:
      'put a backup in its place with "fogd restore FILE --force", which keeps the damaged one; nothing was written to it',
    status: 503,
  },
  STORE_FULL: {
    message: 'the store {file} cannot grow: the disk is full',
    remedy: 'free space on that disk; what was asked for was not done, nothing else is lost',
    status: 507,
  },
  STORE_SYNC_FAILED: {
    message: 'the store {file} could not be made durable ({reason})',
    remedy: 'check the disk: what was asked for was not acknowledged',
    status: 503,
  },
});
