import { defineErrors } from '#errors.js';

export const actionErrors = defineErrors({
  HOST_UNKNOWN: {
    message: 'no host is named {key} or has that MAC',
    remedy: 'list the hosts with: fogd host list',
    status: 404,
  },
  HOST_EXISTS: {
    message: 'the host {name} exists already',
    remedy: 'choose another name, or remove that host first',
    status: 409,
  },
  HOST_NAME_BAD: {
    message: '{name} cannot be a host name',
    remedy:
      'use 1 to 15 letters, digits, - or other characters that a NetBIOS name may have, not only dots, and no - first',
    status: 400,
  },
  MAC_BAD: {
    message: '{mac} is not the MAC address of a machine',
    remedy: 'write it as 00:11:22:aa:bb:cc',
    status: 400,
  },
  MAC_TAKEN: {
    message: 'the MAC address {mac} belongs to the host {name}',
    remedy: 'remove it there first',
    status: 409,
  },
  MAC_UNKNOWN: {
    message: 'the host {name} does not have the MAC address {mac}',
    remedy: 'see its addresses with: fogd host show {name}',
    status: 404,
  },
  MAC_PRIMARY: {
    message: '{mac} is the primary MAC address of the host {name}',
    remedy: 'make another one the primary first: fogd host mac {name} MAC --primary',
    status: 409,
  },
  HOST_BUSY: {
    message: 'the host {name} has an active task ({task})',
    remedy: 'wait for it, or cancel it with: fogd host cancel {name}',
    status: 409,
  },
  NO_TASK: {
    message: 'the host {name} has no active task',
    remedy: 'nothing needs to be done',
    status: 404,
  },
  HOST_PENDING: {
    message: 'the host {name} registered itself and waits for approval',
    remedy: 'approve it first',
    status: 409,
  },
  USER_NAME_BAD: {
    message: 'that cannot be the name of a user',
    remedy: 'use 1 to 40 letters, digits, . _ @ and -, beginning with a letter or a digit',
    status: 400,
  },
  USER_EXISTS: {
    message: 'the user {name} exists already',
    remedy: 'change the password with: fogd user passwd {name}',
    status: 409,
  },
  USER_UNKNOWN: {
    message: 'there is no user {name}',
    remedy: 'list the users with: fogd user list',
    status: 404,
  },
  PASSWORD_BAD: {
    message: 'that password cannot be used: {reason}',
    remedy: 'choose one of 8 to 256 characters that can be typed at a boot prompt',
    status: 400,
  },
  MENU_ENTRY_BAD: {
    message: 'the menu entry {name} cannot be like that: {reason}',
    remedy: 'see fogd menu add --help',
    status: 400,
  },
  MENU_ENTRY_EXISTS: {
    message: 'the menu entry {name} exists already',
    remedy: 'change it with: fogd menu change {name}',
    status: 409,
  },
  MENU_ENTRY_UNKNOWN: {
    message: 'there is no menu entry {name}',
    remedy: 'list the entries with: fogd menu list',
    status: 404,
  },
  HOST_CHANGE_BAD: {
    message: 'the host {name} cannot have {field} = {value}',
    remedy: 'see fogd host change --help for what it may be',
    status: 400,
  },
  GROUP_UNKNOWN: {
    message: 'there is no group {name}',
    remedy: 'list the groups with: fogd group list',
    status: 404,
  },
  GROUP_EXISTS: {
    message: 'the group {name} exists already',
    remedy: 'choose another name',
    status: 409,
  },
  GROUP_NAME_BAD: {
    message: '{name} cannot be the name of a group',
    remedy:
      'use 1 to 40 characters, none of them \\ / | < > " \' ` $ * ? or a bracket, not only dots, and no - or blank first',
    status: 400,
  },
  GROUP_EMPTY: {
    message: 'the group {name} has no hosts',
    remedy: 'put hosts into it with: fogd group join {name} HOST',
    status: 409,
  },
  TASK_TYPE_OFF: {
    message: 'the task {type} cannot be ordered: {reason}',
    remedy: 'choose another task; fogd task --help lists them',
    status: 409,
  },
  ACCOUNT_BAD: {
    message: '{account} cannot be the account of a password reset',
    remedy: 'name a local Windows account (--account) of letters, digits, . _ @ and -',
    status: 400,
  },
  TASK_UNKNOWN: {
    message: 'there is no task {id}',
    remedy: 'list the tasks with: fogd task list --all',
    status: 404,
  },
  TASK_OVER: {
    message: 'task {id} is over ({state})',
    remedy: 'nothing needs to be done',
    status: 409,
  },
  NO_IMAGE: {
    message: 'the host {name} has no image',
    remedy: 'name one with --image, or assign one with: fogd host image {name} IMAGE',
    status: 409,
  },
  IMAGE_UNKNOWN: {
    message: 'there is no image {key}',
    remedy: 'list the images with: fogd image list',
    status: 404,
  },
  IMAGE_EXISTS: {
    message: 'the image {name} exists already (folder {path})',
    remedy: 'choose another name and another folder (--path)',
    status: 409,
  },
  IMAGE_NAME_BAD: {
    message: '{name} cannot be the name of an image',
    remedy:
      'use 1 to 40 characters, none of them \\ / | < > " \' ` $ * ? or a bracket, not only dots, and no - or blank first',
    status: 400,
  },
  IMAGE_FOLDER_BAD: {
    message: '{path} cannot be the folder of an image',
    remedy:
      'name one folder (--path) of letters, digits, _ . and -, beginning with a letter, a digit or _; not dev or a script folder',
    status: 400,
  },
  IMAGE_SHAPE_BAD: {
    message: 'the image cannot be like that: {reason}',
    remedy: 'see fogd image add --help for the types, formats and operating systems',
    status: 400,
  },
  IMAGE_DISABLED: {
    message: 'the image {name} is disabled',
    remedy: 'enable it with: fogd image change {name} --enable',
    status: 409,
  },
  IMPORT_PATH_BAD: {
    message: '{path} cannot be imported from: {reason}',
    remedy: 'give the absolute path of a folder that the user who runs fogd may read',
    status: 400,
  },
  GENERATION_DAMAGED: {
    message: 'generation {number} of the image {name} is damaged: {reason}',
    remedy: 'capture the image again; what is there: fogd image generations {name}',
    status: 409,
  },
  IMAGE_PROTECTED: {
    message: 'the image {name} is protected',
    remedy: 'capture into another image, or allow it with: fogd image change {name} --no-protect',
    status: 409,
  },
  IMAGE_EMPTY: {
    message: 'the image {name} has no files yet',
    remedy: 'capture it first with: fogd task capture HOST --image {name}',
    status: 409,
  },
  IMAGE_BUSY: {
    message: 'the image {name} is used by an active task',
    remedy: 'wait for it, or cancel it: fogd task list',
    status: 409,
  },
  IMAGE_BEING_CAPTURED: {
    message: 'the image {name} is being captured from another host',
    remedy: 'wait for that capture, or cancel it: fogd task list',
    status: 409,
  },
  NO_STORAGE_NODE: {
    message: 'there is no storage node for a {kind}: none that may be used is enabled',
    remedy: 'look at fogd node list, then: fogd node enable NAME',
    status: 409,
  },
  BOOT_FILE_SOURCE_BAD: {
    message: 'no boot files can be taken from {source}: {reason}',
    remedy: 'name a file or folder of this machine by its whole path, or an http or https URL',
    status: 400,
  },
  BOOT_FILE_NAME_BAD: {
    message: '{name} cannot be the name or version of a boot file',
    remedy: 'use letters, digits, dots, - and _, e.g. bzImage and 6.1.2; choose with --name and --as',
    status: 400,
  },
  BOOT_FILE_EXISTS: {
    message: '{name} has a version {version} already, which holds something else',
    remedy: 'give the new one another version: --as',
    status: 409,
  },
  BOOT_FILE_SHA_WRONG: {
    message: '{name} has the SHA-256 {found}, not {wanted}',
    remedy: 'fetch it again, or ask where it comes from: it is not what was meant',
    status: 400,
  },
  BOOT_FILE_UNKNOWN: {
    message: 'there is no boot file {file}',
    remedy: 'see fogd bootfile list',
    status: 404,
  },
  BOOT_FILE_IN_USE: {
    message: '{file} is in use: {who}',
    remedy:
      'choose another one first: fogd bootfile default NAME VERSION, or fogd host change HOST --kernel NAME@VERSION',
    status: 409,
  },
  LEASE_UNKNOWN: {
    message: 'there is no lease of {key}',
    remedy: 'see "fogd lease list --all" for the addresses that were ever leased',
    status: 404,
  },
  STORAGE_NODE_UNKNOWN: {
    message: 'there is no storage node {name}',
    remedy: 'see fogd node list',
    status: 404,
  },
  CAPONE_KEY_TAKEN: {
    message: 'machines with {key} get another image already: {name}',
    remedy: 'take the value from that image first: fogd image change {name} --capone ""',
    status: 409,
  },
  CAPONE_KEY_BAD: {
    message: '{key} cannot be a DMI value',
    remedy: 'give what the machine reports, for example: dmidecode -s system-product-name',
    status: 400,
  },
  IMAGES_ELSEWHERE: {
    message: 'nothing can be captured: {reason}',
    remedy:
      'mount the other host’s images on this machine and name that folder in images.folder; then: fogd status',
    status: 409,
  },
  IMAGES_NO_SPACE: {
    message:
      'the disk of the images has {free} MiB left; the capture needs about {estimate} MiB, and {reserve} MiB are the reserve',
    remedy: 'remove images that are no longer needed, enlarge the disk, or lower images.reserve_mib',
    status: 507,
  },
  SESSION_UNKNOWN: {
    message: 'there is no boot session {id}',
    remedy: 'list those that machines are in with: fogd session list',
    status: 404,
  },
  SESSION_OVER: {
    message: 'the boot session {id} is over',
    remedy: 'nothing needs to be done',
    status: 409,
  },
  TOKEN_UNKNOWN: {
    message: 'there is no token {name}',
    remedy: 'list the tokens with: fogd token list',
    status: 404,
  },
  TOKEN_EXISTS: {
    message: 'the token {name} exists already',
    remedy: 'choose another name, or remove that token first',
    status: 409,
  },
  TOKEN_BAD: {
    message: 'there can be no such token: {reason}',
    remedy: 'see fogd token add --help',
    status: 400,
  },
  TOKEN_BEYOND: {
    message: 'the scope {scope} is more than the token of this call has',
    remedy: 'let somebody make it who has that scope, or use the command line on the server',
    status: 403,
  },
  TOKEN_WRONG: {
    message: 'that token is not known',
    remedy: 'look whether it was copied whole, or make another with: fogd token add',
    status: 401,
  },
  TOKEN_EXPIRED: {
    message: 'the token {name} has expired',
    remedy: 'remove it, and make another with: fogd token add',
    status: 401,
  },
  TOKEN_LIMITED: {
    message: 'too many wrong tokens came from this address',
    remedy: 'try again in {seconds} s, with the right token',
    status: 429,
  },
  CLIENT_MODULE_UNKNOWN: {
    message: 'FOG Client has no module {module}',
    remedy: 'name one of: {modules}',
    status: 404,
  },
  SNAPIN_UNKNOWN: {
    message: 'there is no snapin {name}',
    remedy: 'list the snapins with: fogd snapin list',
    status: 404,
  },
  SNAPIN_EXISTS: {
    message: 'the snapin {name} exists already',
    remedy: 'give it another file with: fogd snapin file {name} FILE, or choose another name',
    status: 409,
  },
  SNAPIN_NAME_BAD: {
    message: '{name} cannot be the name of a snapin',
    remedy:
      'use 1 to 100 characters that Windows takes in the name of a folder: none of \\ / : * ? " < > |, no .. and no - first',
    status: 400,
  },
  SNAPIN_FILE_BAD: {
    message: '{file} cannot be the name of the file of a snapin',
    remedy: 'name a file as Windows takes it (--file-name): no folder, none of \\ / : * ? " < > |',
    status: 400,
  },
  SNAPIN_BAD: {
    message: 'the snapin cannot be like that: {reason}',
    remedy: 'see fogd snapin add --help',
    status: 400,
  },
  SNAPIN_EMPTY: {
    message: 'the file {file} is empty',
    remedy: 'send the bytes of the file as the body (application/octet-stream)',
    status: 400,
  },
  SNAPIN_CUT: {
    message: 'of the file {file} only {bytes} of {told} bytes came',
    remedy: 'send it again; nothing was taken',
    status: 400,
  },
  SNAPIN_SHA_WRONG: {
    message: 'the file {file} has the SHA-512 {found}, not {wanted}',
    remedy: 'fetch it again from where it comes; nothing was taken',
    status: 409,
  },
  SNAPIN_PROTECTED: {
    message: 'the snapin {name} is protected',
    remedy: 'allow it with: fogd snapin change {name} --no-protect',
    status: 409,
  },
  SNAPIN_DISABLED: {
    message: 'the snapin {name} is disabled',
    remedy: 'enable it with: fogd snapin change {name} --enable',
    status: 409,
  },
  SNAPIN_DAMAGED: {
    message: 'the snapin {name} cannot be handed out: {reason}',
    remedy: 'give it another file with: fogd snapin file {name} FILE',
    status: 409,
  },
  SNAPIN_NEEDED: {
    message: 'the snapin {name} is still to run on {count} hosts, {host} among them',
    remedy: 'wait for them, cancel that, or remove it all the same (--force)',
    status: 409,
  },
  SNAPIN_NOT_NAMED: {
    message: 'the task does not say which snapin',
    remedy: 'name one with --snapin; fogd snapin list shows them',
    status: 400,
  },
  SNAPIN_LIMIT: {
    message: 'the host {name} may have {limit} snapins (snapins.limit)',
    remedy: 'take one from it with: fogd snapin unassign SNAPIN {name}, or raise snapins.limit',
    status: 409,
  },
  SNAPIN_NO_HOSTS: {
    message: 'no hosts are named',
    remedy: 'name hosts, or a group with --group',
    status: 400,
  },
  SNAPINS_NONE: {
    message: 'there are no snapins associated with the host {name}',
    remedy: 'give it some with: fogd snapin assign SNAPIN {name}',
    status: 409,
  },
  SNAPIN_TASK_UNKNOWN: {
    message: 'there is no snapin task {id}',
    remedy: 'list them with: fogd snapin history',
    status: 404,
  },
  SNAPIN_TASK_OVER: {
    message: 'snapin task {id} is over ({state})',
    remedy: 'nothing needs to be done',
    status: 409,
  },
  CLIENT_SETTING_BAD: {
    message: 'the client of the host {name} cannot have that {field}',
    remedy:
      'see fogd client change --help: a domain is a DNS name such as example.org, an OU such as OU=Lab,DC=example,DC=org, a time to log out 5 minutes or more',
    status: 400,
  },
  DOMAIN_INCOMPLETE: {
    message: 'the host {name} cannot join a domain: the domain, its account or the password is missing',
    remedy:
      'name all three: fogd client change HOST --join --domain NAME --domain-user USER --domain-password; or set them once for all: fogd client set-defaults',
    status: 409,
  },
  DOMAIN_DEFAULT_BAD: {
    message: 'the hosts that are to join a domain cannot be given that {field}',
    remedy:
      'see fogd client set-defaults --help: a domain is a DNS name such as example.org, an OU such as OU=Lab,DC=example,DC=org',
    status: 400,
  },
  POWER_TIME_BAD: {
    message: 'that is no time at which something can be done',
    remedy:
      'give five fields, minute hour day month weekday, e.g. "30 6 * * 1-5"; days that exist, and no words such as @daily',
    status: 400,
  },
  POWER_PLAN_EXISTS: {
    message: 'the host {name} has that already: {action} at {cron}',
    remedy: 'nothing needs to be done',
    status: 409,
  },
  POWER_PLANS_MANY: {
    message: 'the host {name} has {most} times for its power, which is all that it can have',
    remedy: 'put several into one, e.g. "0 12,22 * * *", or remove some: fogd power list {name}',
    status: 409,
  },
  POWER_PLAN_MISSING: {
    message: 'the host {name} has no {action} at {cron}',
    remedy: 'list what it has with: fogd power list {name}',
  },
  POWER_PLAN_UNKNOWN: {
    message: 'nothing that is done by the clock has the number {id}',
    remedy: 'see fogd power list',
    status: 404,
  },
  WAKE_NO_NETWORK: {
    message: 'no magic packet could be sent: this server is in no network',
    remedy: 'give an interface of this server an IPv4 address with a broadcast address',
    status: 503,
  },
  PRINTER_BAD: {
    message: 'there can be no such printer: {reason}',
    remedy: 'see fogd printer add --help',
    status: 400,
  },
  PRINTER_EXISTS: {
    message: 'the printer {name} exists already',
    remedy: 'choose another name, or change it: fogd printer change NAME',
    status: 409,
  },
  PRINTERS_MANY: {
    message: 'there are {most} printers, which is all that there can be',
    remedy: 'remove some: fogd printer list',
    status: 409,
  },
  PRINTER_UNKNOWN: {
    message: 'there is no printer {key}',
    remedy: 'list the printers with: fogd printer list',
    status: 404,
  },
  PRINTER_NOT_ASSIGNED: {
    message: 'the printer {printer} is not one of the host {name}',
    remedy: 'assign it, too: fogd printer assign {name} PRINTER',
    status: 409,
  },
});
