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
    remedy: 'use 1 to 15 letters, digits, - or other characters that a NetBIOS name may have',
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
});
