import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode, fits, macText, type Packet } from '#services/dhcp/packet.js';
import { IPXE_EFI_DISCOVER, IPXE_ROM_DISCOVER, OVMF_DISCOVER, OVMF_REQUEST } from './captured.js';

/** A DISCOVER of 240 bytes and these option bytes. */
function withOptions(hex: string, change: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(240), Buffer.from(hex.replaceAll(' ', ''), 'hex')]);
  bytes.set([1, 1, 6, 0]);
  bytes.writeUInt32BE(0x1a2b3c4d, 4);
  bytes.set([0x52, 0x54, 0, 0x77, 0, 1], 28);
  bytes.writeUInt32BE(0x63825363, 236);
  change(bytes);
  return bytes;
}

function packetOf(bytes: Buffer): Packet {
  const decoded = decode(bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

const optionsOf = (bytes: Buffer) =>
  Object.fromEntries([...packetOf(bytes).options].map(([code, value]) => [code, value.toString('hex')]));

describe('options', () => {
  test.each([
    ['one option and the end', '35 01 01 ff', { 53: '01' }],
    ['pads before and between', '00 00 35 01 01 00 00 37 02 01 03 ff', { 53: '01', 55: '0103' }],
    ['a missing end', '35 01 01', { 53: '01' }],
    ['nothing after the end counts', '35 01 01 ff 37 02 01 03', { 53: '01' }],
    ['an option of no bytes', '35 01 01 50 00 ff', { 53: '01', 80: '' }],
    [
      'repeated codes are one long option (RFC 3396)',
      '4d 02 0102 35 01 01 4d 01 03 ff',
      { 53: '01', 77: '010203' },
    ],
    ['no options at all', 'ff', {}],
  ])('%s', (_name, hex, expected) => {
    expect(optionsOf(withOptions(hex))).toEqual(expected);
  });

  test.each([
    ['file', 1, 108],
    ['sname', 2, 44],
  ])('an overloaded %s field holds options and is empty itself', (_name, value, at) => {
    const bytes = withOptions(`34 01 0${value} 35 01 01 ff`, (one) => one.set([67, 3, 97, 98, 99, 255], at));
    expect(optionsOf(bytes)).toEqual({ 53: '01', 67: '616263' });
    const packet = packetOf(bytes);
    expect((at === 108 ? packet.file : packet.sname).every((byte) => byte === 0)).toBe(true);
  });

  test('both fields overloaded: options, then file, then sname make one long option', () => {
    const bytes = withOptions('34 01 03 35 01 01 43 01 61 ff', (one) => {
      one.set([67, 1, 98, 255], 108);
      one.set([67, 1, 99, 255], 44);
    });
    expect(optionsOf(bytes)).toEqual({ 53: '01', 67: '616263' });
  });

  test('an overload inside an overloaded field is no loop', () => {
    const bytes = withOptions('34 01 01 35 01 01 ff', (one) => one.set([52, 1, 3, 255], 108));
    expect(optionsOf(bytes)).toEqual({ 53: '01' });
  });
});

test.each<[string, Buffer, string]>([
  ['nothing', Buffer.alloc(0), '0 bytes are less than the 240 of a DHCP packet'],
  ['one byte too few', Buffer.alloc(239), '239 bytes are less than the 240 of a DHCP packet'],
  ['plain BOOTP', Buffer.alloc(300), 'the magic cookie of DHCP is missing'],
  [
    'hlen 17',
    withOptions('ff', (one) => one.set([17], 2)),
    'a hardware address of 17 bytes does not fit its field',
  ],
  [
    'hlen 255',
    withOptions('ff', (one) => one.set([255], 2)),
    'a hardware address of 255 bytes does not fit its field',
  ],
  ['a length past the end', withOptions('35 01 01 37 05 01'), 'option 55 is cut off'],
  ['a code without length', withOptions('35 01 01 37'), 'option 55 is cut off'],
  ['overload 0', withOptions('34 01 00 ff'), 'option 52 (overload) is neither 1, 2 nor 3'],
  ['overload of two bytes', withOptions('34 02 01 01 ff'), 'option 52 (overload) is neither 1, 2 nor 3'],
  [
    'an option cut off in an overloaded field',
    withOptions('34 01 01 ff', (one) => one.set([67, 200], 108)),
    'option 67 is cut off in an overloaded field',
  ],
])('%s is malformed', (_name, bytes, reason) => {
  expect(decode(bytes)).toMatchObject({ ok: false, reason });
});

test('64 KiB of one-byte options are read', () => {
  const many = withOptions('4d 01 61 '.repeat(21_700));
  expect(packetOf(many).options.get(77)?.length).toBe(21_700);
});

describe('encoding', () => {
  const base = packetOf(withOptions('35 01 02 ff'));

  test('is 300 bytes at least, padded after the end option', () => {
    const bytes = encode(base);
    expect(bytes.length).toBe(300);
    expect(bytes.subarray(240).toString('hex')).toBe(`350102ff${'00'.repeat(56)}`);
  });

  test('writes option 82 last, whatever its place was', () => {
    const options = new Map([
      [82, Buffer.from('0104aabbccdd', 'hex')],
      [53, Buffer.of(2)],
      [54, Buffer.of(10, 0, 0, 1)],
    ]);
    expect(
      encode({ ...base, options })
        .subarray(240, 258)
        .toString('hex'),
    ).toBe('350102' + '36040a000001' + '52060104aabbccdd' + 'ff');
  });

  test('splits what is longer than 255 bytes (RFC 3396)', () => {
    const long = Buffer.alloc(600, 0x61);
    const bytes = encode({ ...base, options: new Map([[67, long]]) });
    expect([bytes[240], bytes[241], bytes[497], bytes[498], bytes[754], bytes[755]]).toEqual([
      67, 255, 67, 255, 67, 90,
    ]);
    expect(packetOf(bytes).options.get(67)).toEqual(long);
    expect(bytes.length).toBe(240 + 600 + 3 * 2 + 1);
  });

  test('options that do not fit go into `file` and `sname` (option 52), and only then', () => {
    const options = new Map([10, 11, 12, 13].map((code) => [code, Buffer.alloc(50, code)]));
    const packet = { ...base, file: Buffer.alloc(0), sname: Buffer.alloc(0), options };
    expect(fits(packet, 500)).toBe(true);
    expect(encode(packet, 500)).toEqual(encode(packet));
    const tight = encode(packet, 400);
    expect(tight.length).toBeLessThanOrEqual(400);
    expect(packetOf(tight).options).toEqual(options);
    const hasOption52 = (bytes: Buffer) => bytes.subarray(240).includes(Buffer.of(52, 1));
    expect([hasOption52(encode(packet, 500)), hasOption52(tight)]).toEqual([false, true]);
    // A boot file keeps its field; option 82 stays last in the options' own.
    const relayed = new Map([[82, Buffer.of(1, 1, 7)] as const, ...options]);
    const booting = { ...packet, file: Buffer.from('snponly.efi'), options: relayed };
    const bytes = encode(booting, 430);
    expect(packetOf(bytes).file.toString('latin1')).toContain('snponly.efi');
    expect(bytes.subarray(-6).toString('hex')).toBe('5203010107ff');
    expect(fits(booting, 350)).toBe(false);
    expect(encode(booting, 350)).toEqual(encode(booting));
  });

  test('cuts fields that are too long and pads short ones', () => {
    const bytes = encode({ ...base, file: Buffer.from('snponly.efi'), sname: Buffer.alloc(200, 0x62) });
    expect(bytes.toString('latin1', 108, 120)).toBe('snponly.efi\0');
    expect(bytes[107]).toBe(0x62);
  });
});

/** Equal as packets: the order of options is the encoder's affair. */
function plain(packet: Packet) {
  const { options, ...fields } = packet;
  return { ...fields, options: Object.fromEntries(options) };
}

describe('properties', () => {
  test.each([
    ['iPXE ROM', IPXE_ROM_DISCOVER],
    ['OVMF', OVMF_DISCOVER],
    ['OVMF REQUEST', OVMF_REQUEST],
    ['iPXE EFI', IPXE_EFI_DISCOVER],
  ])('%s survives the round trip, with every option', (_name, bytes) => {
    const packet = packetOf(bytes);
    expect(plain(packetOf(encode(packet)))).toEqual(plain(packet));
    expect(encode(packet).subarray(0, bytes.length)).toEqual(bytes);
  });

  const anyBytes = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
  const headed = fc
    .tuple(fc.uint8Array({ minLength: 236, maxLength: 236 }), fc.uint8Array({ maxLength: 400 }))
    .map(([head, tail]) => Buffer.concat([head, Buffer.from('63825363', 'hex'), tail]));
  const option = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 12 }))
    .map(([code, value]) =>
      code === 0 || code === 255 ? Buffer.of(code) : Buffer.concat([Buffer.of(code, value.length), value]),
    );
  const formed = fc
    .tuple(fc.uint8Array({ minLength: 236, maxLength: 236 }), fc.array(option, { maxLength: 30 }))
    .map(([head, options]) => {
      const bytes = Buffer.concat([head, Buffer.from('63825363', 'hex'), ...options]);
      bytes[2] = (bytes[2] ?? 0) % 17;
      return bytes;
    });

  test('no bytes make decode throw; decode(encode(decode(x))) is decode(x)', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, headed, formed), (bytes) => {
        const first = decode(bytes);
        if (!first.ok) {
          expect(first.reason).not.toBe('');
          return;
        }
        const again = decode(encode(first.packet));
        expect(again.ok && plain(again.packet)).toEqual(plain(first.packet));
      }),
      { numRuns: 500 },
    );
  });
});

test('a MAC as text', () => {
  expect(macText(Buffer.from('5254007700ff', 'hex'))).toBe('52:54:00:77:00:ff');
  expect(macText(Buffer.alloc(0))).toBe('');
});
