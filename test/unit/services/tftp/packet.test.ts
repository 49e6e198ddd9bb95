import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, type Packet, textOf } from '#services/tftp/packet.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const good: Record<string, [string, Packet]> = {
  'read, octet': ['\0\x01a.efi\0octet\0', { kind: 'read', file: 'a.efi', mode: 'octet', options: [] }],
  'write, mode in capitals': [
    '\0\x02a\0NetASCII\0',
    { kind: 'write', file: 'a', mode: 'netascii', options: [] },
  ],
  'read with options, spelling kept': [
    '\0\x01a\0octet\0BlkSize\x001428\0tsize\x000\0',
    {
      kind: 'read',
      file: 'a',
      mode: 'octet',
      options: [
        { name: 'BlkSize', value: '1428' },
        { name: 'tsize', value: '0' },
      ],
    },
  ],
  'read padded with zeros by a ROM': [
    '\0\x01a\0octet\0tsize\x000\0\0\0\0\0',
    { kind: 'read', file: 'a', mode: 'octet', options: [{ name: 'tsize', value: '0' }] },
  ],
  'option without value': [
    '\0\x01a\0octet\0tsize\0',
    { kind: 'read', file: 'a', mode: 'octet', options: [] },
  ],
  'option without end': [
    '\0\x01a\0octet\0blksize\x00512',
    { kind: 'read', file: 'a', mode: 'octet', options: [] },
  ],
  'option with an empty value': [
    '\0\x01a\0octet\0tsize\0\0blksize\x008\0',
    {
      kind: 'read',
      file: 'a',
      mode: 'octet',
      options: [
        { name: 'tsize', value: '' },
        { name: 'blksize', value: '8' },
      ],
    },
  ],
  data: ['\0\x03\xff\xffabc', { kind: 'data', block: 65535, data: bytes('abc') }],
  'empty data': ['\0\x03\0\x01', { kind: 'data', block: 1, data: bytes('') }],
  ack: ['\0\x04\x01\x02', { kind: 'ack', block: 258 }],
  'ack with the padding of a short frame': ['\0\x04\0\x01\0\0\0\0', { kind: 'ack', block: 1 }],
  error: ['\0\x05\0\x08User aborted\0', { kind: 'error', code: 8, message: 'User aborted' }],
  'error without the final NUL': ['\0\x05\0\x00gone', { kind: 'error', code: 0, message: 'gone' }],
  'error without text': ['\0\x05\0\x01', { kind: 'error', code: 1, message: '' }],
  oack: ['\0\x06blksize\x00512\0', { kind: 'oack', options: [{ name: 'blksize', value: '512' }] }],
};

const bad: Record<string, [string, RegExp]> = {
  'nothing at all': ['', /shorter than two bytes/],
  'one byte': ['\0', /shorter than two bytes/],
  'opcode 0': ['\0\0', /unknown opcode 0/],
  'opcode 7': ['\0\x07\0\0', /unknown opcode 7/],
  'ack without number': ['\0\x04\0', /shorter than four bytes/],
  'data without number': ['\0\x03', /shorter than four bytes/],
  'error without code': ['\0\x05', /shorter than four bytes/],
  'read of nothing': ['\0\x01', /file name without an end/],
  'name without end': ['\0\x01abc', /file name without an end/],
  'empty name': ['\0\x01\0octet\0', /names no file/],
  'no mode': ['\0\x01abc\0', /transfer mode without an end/],
  'mode without end': ['\0\x01abc\0octet', /transfer mode without an end/],
  'mode too long': [`\0\x01abc\0${'o'.repeat(33)}\0`, /transfer mode that is too long/],
  'name of 513 bytes': [`\0\x01${'n'.repeat(513)}\0octet\0`, /file name of 513 bytes/],
  'name of 60 kB': [`\0\x01${'n'.repeat(60_000)}\0octet\0`, /60009 bytes long/],
};

describe('decode', () => {
  it.each(Object.entries(good))('reads: %s', (_, [text, packet]) => {
    expect(decode(bytes(text))).toEqual(packet);
  });

  it.each(Object.entries(bad))('says what is wrong with: %s', (_, [text, reason]) => {
    expect(decode(bytes(text))).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  it('takes a name of 512 bytes, and no more than 32 options', () => {
    const options = 'o\x001\0'.repeat(40);
    const packet = decode(bytes(`\0\x01${'n'.repeat(512)}\0octet\0${options}`));
    expect(packet).toMatchObject({ kind: 'read', file: 'n'.repeat(512) });
    expect(packet.kind === 'read' && packet.options.length).toBe(32);
  });

  it('throws at no bytes, and what it reads survives a round trip', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      fc
        .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 600 }))
        .map(([opcode, rest]) => Uint8Array.from([0, opcode, ...rest])),
      fc
        .tuple(fc.constantFrom(1, 2, 6), fc.array(fc.string({ maxLength: 20 }), { maxLength: 12 }))
        .map(([opcode, texts]) =>
          Buffer.from(`\0${String.fromCharCode(opcode)}${texts.map((t) => `${t}\0`).join('')}`),
        ),
    );
    fc.assert(
      fc.property(anything, (raw) => {
        const packet = decode(Buffer.from(raw));
        if (packet.kind !== 'malformed') expect(decode(encode(packet))).toEqual(packet);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('textOf', () => {
  it.each([
    ['plain', 'snponly.efi', 'snponly.efi'],
    ['UTF-8', 'b\xc3\xbcro.efi', 'büro.efi'],
    ['latin1', 'b\xfcro.efi', 'büro.efi'],
    ['the end mark of DHCP taken along', 'snponly.efi\xff', 'snponly.efi'],
  ])('%s', (_, raw, text) => {
    expect(textOf(raw)).toBe(text);
  });
});
