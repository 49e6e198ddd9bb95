import { defineErrors } from '#errors.js';

export const httpErrors = defineErrors({
  HTTP_PORT_TAKEN: {
    message: 'port {port}/tcp is held by {holder}',
    remedy: 'stop it, or set {setting} to another port',
    status: 503,
  },
  HTTP_PORT_FORBIDDEN: {
    message: 'fogd may not open port {port}/tcp',
    remedy:
      'give it the capability CAP_NET_BIND_SERVICE (the systemd unit does), or set {setting} above 1023',
    status: 503,
  },
  HTTP_CANNOT_LISTEN: {
    message: 'HTTP cannot listen on {where} ({reason})',
    remedy: 'check the address and the rights on the folder, then look at fogd status again',
    status: 503,
  },
});
