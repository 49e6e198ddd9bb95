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
  REQUEST_INVALID: {
    message: 'the request cannot be understood: {what}',
    remedy: 'see the description of the API at /api/openapi.json',
    status: 400,
  },
  REQUEST_NOT_JSON: {
    message: 'the body of the request is not JSON ({reason})',
    remedy: 'send one JSON object',
    status: 400,
  },
  REQUEST_NO_JSON_TYPE: {
    message: 'the body of the request is not called JSON',
    remedy: 'send JSON, with the header content-type: application/json',
    status: 415,
  },
  REQUEST_TOO_LARGE: {
    message: 'the body of the request is too large',
    remedy: 'send less at once',
    status: 413,
  },
  REQUEST_TOO_DEEP: {
    message: 'the body of the request is nested deeper than {depth} levels',
    remedy: 'see the description of the API at /api/openapi.json',
    status: 400,
  },
  REQUEST_FAILED: {
    message: 'fogd could not do that ({reason})',
    remedy: 'look at the log around this time; this is a fault of fogd, please report it',
    status: 500,
  },
  ROUTE_UNKNOWN: {
    message: 'the API has no {method} {path}',
    remedy: 'see the description of the API at /api/openapi.json',
    status: 404,
  },
  TOKEN_MISSING: {
    message: 'this call needs a token',
    remedy:
      'make one with "fogd token add" on the server, and send it in the header: authorization: Bearer TOKEN',
    status: 401,
  },
  TOKEN_SCOPE: {
    message: 'the token of this call does not have the scope {scope}',
    remedy: 'make another with: fogd token add NAME --scope {scope}',
    status: 403,
  },
  API_NEEDS_HTTPS: {
    message: 'a token would travel in clear: the API is not served over plain HTTP',
    remedy: 'use https, or set api.allow_http = true where nobody can listen',
    status: 403,
  },
  EVENTS_FULL: {
    message: 'there are {count} readers of live events already',
    remedy: 'close one of them',
    status: 503,
  },
  UPLOAD_BROKEN_OFF: {
    message: 'the file did not come whole: {reason}',
    remedy: 'send it again; nothing was taken',
    status: 400,
  },
});
