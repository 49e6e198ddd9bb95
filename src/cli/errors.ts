import { defineErrors } from '#errors.js';

export const cliErrors = defineErrors({
  DAEMON_NOT_RUNNING: {
    message: 'fogd does not run on the state folder {state}',
    remedy: 'start it with "systemctl start fogd" or "npm start", or name its folder with --state',
  },
  DAEMON_NOT_REACHABLE: {
    message: 'fogd cannot be reached at {socket} ({reason})',
    remedy: 'run this command as the user that runs fogd, or as root',
  },
  PASSWORDS_DIFFER: {
    message: 'the two passwords differ',
    remedy: 'type the same password twice',
  },
  INTERRUPTED: {
    message: 'interrupted',
    remedy: 'nothing was changed',
  },
  PKI_FOLDER_LACKS: {
    message: 'the folder {folder} has no {files}',
    remedy: 'name the folder ssl of a FOG server, usually /opt/fog/snapins/ssl, or a copy of it',
  },
  PKI_FOLDER_UNREADABLE: {
    message: '{file} cannot be read ({reason})',
    remedy: 'run this command as root',
  },
  ENFORCE_WORD: {
    message: '{word} is none of always, unused and default',
    remedy:
      'say when a machine may be renamed: always, unused (nobody works at it) or default (as client.enforce says)',
  },
  POWER_ACTION_WORD: {
    message: '{word} is nothing that can be done: it can be {actions}',
    remedy: 'write one of these',
  },
  POWER_NUMBER_BAD: {
    message: '{number} is no number of what is done by the clock',
    remedy: 'list them with: fogd power list',
  },
  AUTO_LOGOUT_WORD: {
    message: '{word} is no time after which somebody is logged out',
    remedy: 'give minutes, 5 or more; 0 for never; or default',
  },
  DISPLAY_WORD: {
    message: '{word} is no mode of a display',
    remedy: 'write it as 1024x768x60, or default',
  },
  PRINTER_NAME_UNKNOWN: {
    message: 'there is no printer {name}',
    remedy: 'list the printers with: fogd printer list',
  },
  SWITCH_WORD: {
    message: '{word} is neither on nor off',
    remedy: 'say on or off',
  },
  TASK_NUMBER_BAD: {
    message: '{id} is not the number of a task',
    remedy: 'list the tasks with: fogd task list',
  },
  REQUEST_TOO_LONG: {
    message: 'what was named is longer than anything that fogd has a name for',
    remedy: 'name it shorter',
  },
  EVENTS_ENDED: {
    message: 'fogd has stopped, or this program read too slowly',
    remedy: 'look at fogd status, then begin again',
  },
  SESSION_NUMBER_BAD: {
    message: '{id} is not the number of a boot session',
    remedy: 'list them with: fogd session list --all',
  },
  FILE_UNREADABLE: {
    message: 'the file {file} cannot be sent: {reason}',
    remedy: 'name a file that you may read',
  },
  SNAPIN_TASK_NUMBER_BAD: {
    message: '{id} is not the number of a snapin task',
    remedy: 'list them with: fogd snapin history',
  },
});
