import { expect, test } from 'vitest';
import { advise } from '#services/dhcp/advise/advise.js';
import type { Interfaces } from '#services/dhcp/link.js';
import { expectGolden } from '../../golden.js';
import { SETTINGS } from './scene.js';

const entry = (address: string) => ({ address, cidr: `${address}/24`, family: 'IPv4', internal: false });
const deps = {
  settings: {
    dhcp: {
      ...SETTINGS,
      classes: [
        { name: 'new', arch: [9], boot_file: 'ipxe.efi' },
        { name: 'surface', undi: '3.16', boot_file: 'surface.efi' },
      ],
      hosts: [{ host: 'lab-pc-01', boot_file: 'undionly.kkpxe' }],
    },
  },
  interfaces: () => ({ lo: [entry('127.0.0.1')], eth0: [entry('10.0.0.1')] }) as unknown as Interfaces,
  urls: (address: string) => ({
    script: `http://${address}/fog/service/ipxe/default.ipxe`,
    file: (name: string) => `http://${address}/fog/service/ipxe/${name}`,
  }),
  hasBootFile: (name: string) => ['undionly.kpxe', 'snponly.efi', 'ipxe.efi'].includes(name),
};

test.each(['plain', 'dnsmasq', 'isc', 'kea', 'windows', 'mikrotik'])('advice for %s', (server) => {
  expectGolden(`test/fixtures/dhcp-advice/${server}.txt`, advise(deps, server, undefined));
});

test('the address: the one that is asked for, else the first; other ones are mentioned', () => {
  expect(advise(deps, 'plain', '10.9.0.1')).toContain('next-server (siaddr)         10.9.0.1');
  const two = {
    ...deps,
    interfaces: () => ({ eth0: [entry('10.0.0.1')], eth1: [entry('10.2.0.1')] }) as unknown as Interfaces,
  };
  expect(advise(two, 'plain', undefined)).toContain(
    'Note: this server has other addresses, too (10.2.0.1): choose with --address.',
  );
  const none = { ...deps, settings: { dhcp: { ...SETTINGS, interfaces: [] } }, interfaces: () => ({}) };
  expect(() => advise(none, 'plain', undefined)).toThrow('no IPv4 address');
});

test('a server that nobody knows', () => {
  expect(() => advise(deps, 'bind', undefined)).toThrow('there is no advice for bind');
});
