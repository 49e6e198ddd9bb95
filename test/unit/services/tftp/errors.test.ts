import { describe, expect, it } from 'vitest';
import { bindError } from '#services/tftp/errors.js';

const system = (code: string) => Object.assign(new Error(`bind ${code}`), { code });

describe('bindError', () => {
  it.each([
    [
      'EADDRINUSE',
      'in.tftpd (pid 812)',
      'TFTP_PORT_TAKEN',
      'port 69/udp on 10.0.0.1 is held by in.tftpd (pid 812): stop that program',
    ],
    ['EADDRINUSE', undefined, 'TFTP_PORT_TAKEN', 'port 69/udp on 10.0.0.1 is held by another program: stop'],
    ['EACCES', undefined, 'TFTP_PORT_FORBIDDEN', 'CAP_NET_BIND_SERVICE'],
    ['EPERM', undefined, 'TFTP_PORT_FORBIDDEN', 'CAP_NET_BIND_SERVICE'],
    ['ENOBUFS', undefined, 'TFTP_PORT_FAILED', 'port 69/udp on 10.0.0.1 could not be opened (ENOBUFS)'],
  ])('turns %s (%s) into %s', (errno, holder, code, line) => {
    const error = bindError(system(errno), '10.0.0.1', 69, holder);
    expect(error.code).toBe(code);
    expect(error.line).toContain(line);
  });
});
