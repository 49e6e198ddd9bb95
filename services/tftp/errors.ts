import { defineErrors, errnoOf, type FogdError, messageOf } from '#errors.js';

export const tftpErrors = defineErrors({
  TFTP_PORT_TAKEN: {
    message: 'port {port}/udp on {address} is held by {holder}',
    remedy: 'stop that program, or set tftp.enabled = false',
    status: 503,
  },
  TFTP_PORT_FORBIDDEN: {
    message: 'port {port}/udp may not be opened by this user',
    remedy: 'start fogd as root or through systemd/fogd.service, which gives it CAP_NET_BIND_SERVICE',
    status: 503,
  },
  TFTP_PORT_FAILED: {
    message: 'port {port}/udp on {address} could not be opened ({reason})',
    remedy: 'check the network configuration of this machine; fogd tries again by itself',
    status: 503,
  },
  TFTP_RANGE_TAKEN: {
    message: 'no port of the range {range} could be opened on {address}: {reason}',
    remedy: 'name ports that are free in tftp.port_range, and let the firewall pass them',
    status: 503,
  },
});

/** Why a listening port could not be opened, from the system's error and the name of the program in the way, if known. */
export function bindError(
  error: unknown,
  address: string,
  port: number,
  holder: string | undefined,
): FogdError {
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return tftpErrors.TFTP_PORT_TAKEN({ address, port, holder: holder ?? 'another program' }, error);
    case 'EACCES':
    case 'EPERM':
      return tftpErrors.TFTP_PORT_FORBIDDEN({ port }, error);
    default:
      return tftpErrors.TFTP_PORT_FAILED(
        { address, port, reason: errnoOf(error) ?? messageOf(error) },
        error,
      );
  }
}
