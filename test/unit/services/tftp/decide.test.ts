import { describe, expect, it } from 'vitest';
import { decide, printable } from '#services/tftp/decide.js';
import type { RequestPacket } from '#services/tftp/packet.js';

const request = (more: Partial<RequestPacket>): RequestPacket => ({
  kind: 'read',
  file: 'snponly.efi',
  mode: 'octet',
  options: [],
  ...more,
});

describe('decide', () => {
  it('serves octet and netascii', () => {
    expect(decide(request({}))).toEqual({
      kind: 'serve',
      asked: 'snponly.efi',
      file: 'snponly.efi',
      netascii: false,
    });
    expect(decide(request({ mode: 'netascii' }))).toMatchObject({ kind: 'serve', netascii: true });
  });

  it('refuses to write with ERROR 2', () => {
    expect(decide(request({ kind: 'write', file: 'x.txt' }))).toEqual({
      kind: 'refuse',
      event: 'write-refused',
      file: 'x.txt',
      code: 2,
      message: 'read only',
      reasons: ['files are only read here; nothing can be written by TFTP'],
    });
  });

  it.each([
    ['mail', 'the mode mail is not served (RFC 1350 calls it obsolete)'],
    ['binary', 'the mode binary is unknown'],
    ['', 'the mode  is unknown'],
    ['o\nctet', 'the mode o?ctet is unknown'],
  ])('refuses the mode "%s" with ERROR 4', (mode, reason) => {
    expect(decide(request({ mode }))).toMatchObject({
      kind: 'refuse',
      event: 'file-refused',
      code: 4,
      reasons: [reason],
    });
  });

  it('shows a foreign name on one short line', () => {
    expect(printable('a\u0000b\u001b[2Jc\u202e', 20)).toBe('a?b?[2Jc?');
    expect(printable('x'.repeat(200), 128)).toBe(`${'x'.repeat(128)}…`);
  });
});
