import { describe, expect, test } from 'vitest';
import { compileDhcp } from '#services/dhcp/compile.js';
import { type Interfaces, readLink } from '#services/dhcp/link.js';
import { interfaceObstacles, obstacle as obstacleOf } from '#services/dhcp/startup-checks.js';
import type { DhcpSettings } from '#settings/schema.js';
import { LINK, SETTINGS } from './scene.js';

function obstacle(changes: Partial<DhcpSettings>): string | undefined {
  const settings = { ...SETTINGS, ...changes };
  return obstacleOf(compileDhcp(settings), LINK)?.line;
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
      'a range with our own second address',
      ranges('10.0.0.2-10.0.0.20'),
      "the addresses to lease in 10.0.0.0/24 contain 10.0.0.2, this server's own address on eth0: add it to exclude of that subnet, or shorten the range",
    ],
    [
      'our own address excluded',
      {
        subnets: [
          { network: '10.0.0.0/24', ranges: ['10.0.0.1-10.0.0.20'], exclude: ['10.0.0.1', '10.0.0.2'] },
        ],
      },
      undefined,
    ],
    [
      'our own address promised to a machine',
      { hosts: [{ mac: '52:54:00:00:00:01', address: '10.0.0.1' }] },
      "dhcp.hosts gives 52:54:00:00:00:01 10.0.0.1, this server's own address on eth0: give that machine another address",
    ],
  ])('%s', (_name, changes, line) => {
    expect(obstacle(changes)).toBe(line);
  });
});

test('every named interface is looked at, with the path of what is to be mended', () => {
  const entry = {
    address: '10.0.0.1',
    cidr: '10.0.0.1/24',
    family: 'IPv4',
    netmask: '',
    mac: '',
    internal: false,
  };
  const interfaces = { eth0: [entry] } as Interfaces;
  const settings = {
    ...SETTINGS,
    interfaces: ['eth0', 'eth1', 'eth7'],
    subnets: [{ network: '10.0.0.0/24', ranges: ['10.0.0.1-10.0.0.20'] }],
  };
  const found = interfaceObstacles(settings, interfaces, (name) => (name === 'eth7' ? undefined : 2));
  expect(found.map(({ path, error }) => `${path} ${error.message}`)).toEqual([
    "dhcp.subnets.0.ranges the addresses to lease in 10.0.0.0/24 contain 10.0.0.1, this server's own address on eth0",
    'dhcp.interfaces.1 interface eth1 has no IPv4 address',
    'dhcp.interfaces.2 interface eth7 does not exist',
  ]);
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
