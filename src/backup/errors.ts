import { defineErrors } from '#errors.js';

export const backupErrors = defineErrors({
  STATE_MISSING: {
    message: 'there is no store of fogd in {folder}',
    remedy: 'name the folder of fogd with --state',
  },
  BACKUP_NO_SPACE: {
    message: 'the disk of {folder} is full',
    remedy: 'free space there; nothing was changed, and no half file is left',
    status: 507,
  },
  BACKUP_CANNOT_WRITE: {
    message: '{file} cannot be written ({reason})',
    remedy: 'name a file in a folder that you may write to; nothing was changed',
    status: 503,
  },
  BACKUP_UNREADABLE: {
    message: 'the backup {file} cannot be read ({reason})',
    remedy: 'name a file that "fogd backup" wrote and that you may read',
  },
  BACKUP_DAMAGED: {
    message: '{file} is no whole backup of fogd: {reason}',
    remedy: 'take another one; nothing was changed',
  },
  BACKUP_TOO_NEW: {
    message: 'the backup {file} was made by fogd {version}, which is newer than this one',
    remedy: 'restore it with that version, or a newer one; nothing was changed',
  },
  RESTORE_NOT_EMPTY: {
    message: 'the state folder {folder} holds a store already',
    remedy: 'add --force to put the backup in its place; what is there now is kept beside it',
  },
});
