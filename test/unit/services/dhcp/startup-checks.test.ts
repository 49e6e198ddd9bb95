import { describe, expect, test } from 'vitest';
import { compileDhcp } from '#services/dhcp/compile.js';
import { type Interfaces, readLink } from '#services/dhcp/link.js';
import { firstObstacle } from '#services/dhcp/startup-checks.js';
import type { DhcpSettings } from '#settings/schema.js';
import { LINK, SETTINGS } from './scene.js';

function obstacle(changes: Partial<DhcpSettings>): string | undefined {
  const settings = { ...SETTINGS, ...changes };
  return firstObstacle(settings, compileDhcp(settings), [LINK])?.line;
}

const ranges = (...texts: string[]) => ({ subnets: [{ network: '10.0.0.0/24', ranges: texts }] });

describe('server mode', () => {
  test.each<[string, Partial<DhcpSettings>, string | undefined]>([
    ['all in order', {}, undefined],
    ['proxy needs no subnet', { mode: 'proxy', subnets: [] }, undefined],
    [
      'no subnet for the interface',
      { subnets: [{ network: '10.1.0.0/24', ranges: ['10.1.0.10-10.1.0.20'] }] },
      'dhcp.mode is "server", but no subnet of dhcp.subnets contains 10.0.0.1, the address of eth0: add [[dhcp.subnets]] with network = "10.0.0.0/24" and a range of it, or set dhcp.mode = "proxy"',
    ],
    [
      'a range outside its subnet',
      ranges('10.0.1.10-10.0.1.20'),
      'range 10.0.1.10-10.0.1.20 is not inside 10.0.0.0/24: use addresses from 10.0.0.1 to 10.0.0.254',
    ],
    [
      'a range with the broadcast address',
      ranges('10.0.0.200-10.0.0.255'),
      'range 10.0.0.200-10.0.0.255 is not inside 10.0.0.0/24: use addresses from 10.0.0.1 to 10.0.0.254',
    ],
    [
      'two ranges that overlap',
      ranges('10.0.0.10-10.0.0.20', '10.0.0.20-10.0.0.30'),
      'range 10.0.0.20-10.0.0.30 overlaps 10.0.0.10-10.0.0.20: make the two ranges of dhcp.subnets disjoint, or remove one',
    ],
    [
      'a range with our own second address',
      ranges('10.0.0.2-10.0.0.20'),
      "range 10.0.0.2-10.0.0.20 contains 10.0.0.2, this server's own address on eth0: split or shorten the range so that it leaves this address out",
    ],
  ])('%s', (_name, changes, line) => {
    expect(obstacle(changes)).toBe(line);
  });
});

test('the facts of an interface come from its IPv4 addresses; without one it has none', () => {
  const entry = (address: string, cidr: string, family: 'IPv4' | 'IPv6') => ({
    ...{ address, cidr, family, netmask: '255.255.255.0', mac: '52:54:00:77:00:01', internal: false },
    scopeid: 0,
  });
  const interfaces = {
    eth0: [
      entry('fd77::1', 'fd77::1/64', 'IPv6'),
      entry('10.0.7.1', '10.0.7.1/22', 'IPv4'),
      entry('10.9.0.1', '10.9.0.1/24', 'IPv4'),
    ],
    eth1: [entry('fd77::2', 'fd77::2/64', 'IPv6')],
  } as Interfaces;
  expect(readLink(interfaces, 'eth0')).toMatchObject({
    name: 'eth0',
    addressText: '10.0.7.1',
    network: '10.0.4.0/22',
    addresses: [0x0a000701, 0x0a090001],
  });
  expect(readLink(interfaces, 'eth1')).toBeUndefined();
  expect(readLink(interfaces, 'eth2')).toBeUndefined();
});
