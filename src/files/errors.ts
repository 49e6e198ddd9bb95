import { defineErrors } from '#errors.js';

export const fileErrors = defineErrors({
  FILE_CHANGED: {
    message: '{name} was changed while it was being sent',
    remedy:
      'replace boot files by renaming a complete new file over the old one; the machine gets the new file when it asks again',
    status: 503,
  },
  DISK_FULL: {
    message: 'the disk of {folder} is full',
    remedy: 'free space on that disk; what was asked for was not done',
    status: 507,
  },
  BOOT_FILES_DISK_FULL: {
    message: 'the disk of the boot files in {folder} is full',
    remedy: 'free space there, or remove versions with: fogd bootfile remove; nothing was taken',
    status: 507,
  },
  FILE_CLOSED: {
    message: '{name} was read after it was closed',
    remedy: 'this is a fault of fogd, please report it',
  },
  SNAPINS_DISK_FULL: {
    message: 'the disk of the snapins in {folder} is full',
    remedy: 'free space there, or remove snapins with: fogd snapin remove; nothing was taken',
    status: 507,
  },
  SNAPINS_FOLDER_BAD: {
    message: 'the folder of the snapins {folder} cannot be used: {reason}',
    remedy: 'mount its disk, and let the user that runs fogd write there (snapins.folder)',
    status: 503,
  },
  BOOT_FILE_MISSING: {
    message: 'boot files are missing: {files}',
    remedy: 'run: {commands} (or put them into the folder "boot" of the state folder)',
    status: 503,
  },
});
