import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHostName, nameFromPattern } from '#domain/host-name.js';
import { parseMac, parseMacList } from '#domain/mac.js';

describe('MAC', () => {
  it.each([
    ['00:11:22:AA:BB:CC', '00:11:22:aa:bb:cc'],
    ['00-11-22-aa-bb-cc', '00:11:22:aa:bb:cc'],
    ['001122aabbcc', '00:11:22:aa:bb:cc'],
    [' 00:11:22:aa:bb:cc\n', '00:11:22:aa:bb:cc'],
    ['ff:ff:ff:ff:ff:ff', undefined],
    ['01:00:5e:00:00:01', undefined],
    ['00:00:00:00:00:00', undefined],
    ['00:11:22:33:44', undefined],
    ['00:11:22:33:44:5g', undefined],
    ['', undefined],
  ])('%j is %s', (text, mac) => {
    expect(parseMac(text)).toBe(mac);
  });

  it('lists are unique, ordered, bounded and never throw', () => {
    expect(parseMacList('|00:11:22:33:44:55|junk|001122334455|02:00:00:00:00:01|')).toEqual([
      '00:11:22:33:44:55',
      '02:00:00:00:00:01',
    ]);
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) =>
        parseMacList(text).every((mac) => parseMac(mac) === mac),
      ),
    );
  });
});

describe('host name from a pattern (spec fos-protocol 3.10)', () => {
  const name = (pattern: string, extra: { serial?: string; next?: number; taken?: string[] } = {}) =>
    nameFromPattern({
      pattern,
      mac: '00:11:22:33:44:55',
      serial: extra.serial ?? '',
      next: extra.next ?? 1,
      isTaken: (candidate) => extra.taken?.includes(candidate) ?? false,
    });

  it.each([
    ['the MAC', name('MAC'), '001122334455', 1],
    ['a running number, padded', name('PC-***', { next: 7 }), 'PC-007', 8],
    ['the next free number', name('PC-*', { taken: ['PC-1', 'PC-2'] }), 'PC-3', 4],
    ['a number that has outgrown its stars', name('PC-*', { next: 12 }), 'PC-12', 13],
    ['the serial number', name('L-{SYSSERIAL}', { serial: 'ab12' }), 'L-ab12', 1],
    [
      'the MAC when the serial makes it too long',
      name('{SYSSERIAL}', { serial: 'x'.repeat(40) }),
      '001122334455',
      1,
    ],
    ['the MAC when the fixed name is taken', name('room7', { taken: ['room7'] }), '001122334455', 1],
    ['the MAC when the serial is empty and nothing is left', name('{SYSSERIAL}'), '001122334455', 1],
    ['the serial without what a shell would eat', name('{SYSSERIAL}', { serial: 'a$(id)b' }), 'aidb', 1],
  ])('is %s', (_, result, expected, next) => {
    expect(result).toEqual({ name: expected, next });
  });

  it('is always a valid host name', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 1e6 }), (pattern, serial, next) =>
        isHostName(name(pattern, { serial, next }).name),
      ),
    );
  });
});
