import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readClientUuid } from '#services/dhcp/options/client-uuid.js';
import { encodePxeVendorOptions, readPxeVendorOptions } from '#services/dhcp/options/pxe-vendor.js';
import { readUserClasses } from '#services/dhcp/options/user-class.js';
import {
  readAddress,
  readFirstArchitecture,
  readText,
  readUint8,
  readUint16,
} from '#services/dhcp/options/values.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('values', () => {
  test.each<[string, unknown, unknown]>([
    ['uint8', readUint8(hex('07')), 7],
    ['uint8 of two bytes', readUint8(hex('0708')), undefined],
    ['uint8 not sent', readUint8(undefined), undefined],
    ['uint16', readUint16(hex('ff00')), 65280],
    ['uint16 of one byte', readUint16(hex('ff')), undefined],
    ['address', readAddress(hex('0a4d0001')), 0x0a4d0001],
    ['address of three bytes', readAddress(hex('0a4d00')), undefined],
    ['text', readText(hex('69505845')), 'iPXE'],
    ['text with terminator', readText(hex('697000')), 'ip'],
    ['text that is a terminator', readText(hex('00')), undefined],
    ['text with control characters', readText(hex('611b0a62')), 'a??b'],
    ['architecture', readFirstArchitecture(hex('0007')), 7],
    ['first of several', readFirstArchitecture(hex('00070000')), 7],
    ['architecture of one byte', readFirstArchitecture(hex('07')), undefined],
    ['architecture of three bytes', readFirstArchitecture(hex('000700')), undefined],
  ])('%s', (_name, got, expected) => {
    expect(got).toBe(expected);
  });
});

test.each([
  ['nothing', '', []],
  ['raw', '69505845', ['iPXE']],
  ['RFC 3004', '04 69505845', ['iPXE']],
  ['RFC 3004, two classes', '04 69505845 03 464f47', ['iPXE', 'FOG']],
  ['a length that does not fit is raw', '05 69505845', ['?iPXE']],
  ['an empty class is raw', '00', ['?']],
])('user class: %s', (_name, bytes, classes) => {
  expect(readUserClasses(hex(bytes))).toEqual(classes);
});

test.each([
  [
    'the UUID as people write it',
    '00 44332211 6655 8877 99aabbccddeeff00',
    '11223344-5566-7788-99aa-bbccddeeff00',
  ],
  ['all zero', `00${'00'.repeat(16)}`, undefined],
  ['another type', `01${'11'.repeat(16)}`, undefined],
  ['too short', '00 4433', undefined],
])('client UUID: %s', (_name, bytes, uuid) => {
  expect(readClientUuid(hex(bytes))).toBe(uuid);
});

describe('PXE vendor options', () => {
  test('say: boot the file of this offer', () => {
    expect(encodePxeVendorOptions({}).toString('hex')).toBe('060108ff');
  });

  test.each([
    ['the boot item', '00 01 01 05 47 04 00010000 ff', '00010000'],
    ['none after the end', 'ff 47 04 00010000', undefined],
    ['none of a wrong length', '47 02 0001 ff', undefined],
    ['none that is cut off', '47 04 0001', undefined],
    ['none in nothing', '', undefined],
  ])('read %s', (_name, bytes, item) => {
    expect(readPxeVendorOptions(hex(bytes)).bootItem?.toString('hex')).toBe(item);
  });
});

test('no bytes make a reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
      const bytes = Buffer.from(array);
      readText(bytes);
      readUserClasses(bytes);
      readClientUuid(bytes);
      readPxeVendorOptions(bytes);
    }),
  );
});
