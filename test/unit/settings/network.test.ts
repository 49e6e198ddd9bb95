import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, isAddress, type Network, networkText, parseNetwork } from '#settings/network.js';

const network = (text: string): Network => {
  const found = parseNetwork(text);
  if (found === undefined) throw new Error(text);
  return found;
};

describe('networks of both families', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0/16', true],
    ['10.1.2.3/16', '10.1.0.0/16', false],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.5/32', '10.0.0.5', true],
    ['0.0.0.0/0', '0.0.0.0/0', true],
    ['fd00:0:0::/64', 'fd00::/64', true],
    ['FD00::1/64', 'fd00::/64', false],
    ['2001:db8:0:1:0:0:0:5', '2001:db8:0:1::5', true],
    ['::ffff:10.0.0.5', '::ffff:a00:5', true],
    ['::/0', '::/0', true],
  ])('%s is %s', (text, written, isExact) => {
    expect(networkText(network(text))).toBe(written);
    expect(parseNetwork(text)?.isExact).toBe(isExact);
  });

  it.each([
    ...['', 'fogd', '10.0.0', '10.0.0.256', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '/8', '10.0.0.0/8/8'],
    ...['fe80::1%eth0', '10.0.0.0-10.0.0.9', ' 10.0.0.1', '10.0.0.1;drop', 'fd00:::1', '10.0.0.0/0x8'],
  ])('%j is none', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it('what was written is read as the same', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, prefix) => {
        fc.pre(isIPv6(address));
        const first = network(`${address}/${prefix}`);
        expect(network(networkText(first))).toMatchObject({ ...first, isExact: true });
      }),
    );
  });

  it.each([
    ['10.1.0.0/16', '10.1.2.0/24', true],
    ['10.1.0.0/16', '10.1.2.3', true],
    ['10.1.2.0/24', '10.1.0.0/16', false],
    ['10.1.0.0/16', '10.2.0.1', false],
    ['fd00::/64', 'fd00::5', true],
    ['::/0', '10.0.0.1', false],
  ])('%s around %s: %s', (outer, inner, expected) => {
    expect(contains(network(outer), network(inner))).toBe(expected);
  });

  it('a name is no address', () => {
    expect(['10.0.0.1', 'fd00::1', 'nas', '10.0.0.0/8'].map(isAddress)).toEqual([true, true, false, false]);
  });
});
