import { describe, expect, it } from 'vitest';
import { canonicalName, namesOf, serverNames } from '#pki/names.js';

const MACHINE = { machine: 'fog', hosts: '', addresses: [] };
const ALWAYS = ['fogserver', 'localhost', '127.0.0.1', '::1'];

describe('the names of a server', () => {
  it('begin with the one from the settings', () => {
    const names = serverNames({
      ...MACHINE,
      hostname: 'Boot.School.Example',
      address: '192.0.2.7',
      addresses: ['127.0.0.1', '10.0.0.1', '::1', 'fd00::2'],
    });
    expect(names).toEqual(['boot.school.example', '192.0.2.7', '10.0.0.1', 'fog', 'fd00::2', ...ALWAYS]);
  });

  it('begin with the first address that others can reach, where the settings name nothing', () => {
    expect(serverNames({ ...MACHINE, addresses: ['127.0.0.1', 'fe80::1', '10.0.0.1'] })[0]).toBe('10.0.0.1');
  });

  it('have the full name that /etc/hosts knows, and the short one', () => {
    const hosts = '127.0.0.1 localhost\n127.0.1.1\tfog.school.example fog # this one\n10.0.0.9 other\n';
    expect(serverNames({ ...MACHINE, hosts })).toEqual(['fog', 'fog.school.example', ...ALWAYS]);
    expect(serverNames({ ...MACHINE, machine: 'fog.school.example' })).toEqual([
      'fog.school.example',
      'fog',
      ...ALWAYS,
    ]);
  });

  it('leave out what no certificate can name, and are not too many', () => {
    const addresses = Array.from({ length: 300 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const names = serverNames({ ...MACHINE, machine: '(none)', addresses });
    expect(names).toHaveLength(100);
    expect(names).not.toContain('(none)');
  });

  it('are read back from a certificate as they were', () => {
    const text = 'DNS:fog, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:2, URI:http://x/';
    expect(namesOf(text)).toEqual(['fog', '10.0.0.1', 'fd00::2']);
    expect(namesOf(undefined)).toEqual([]);
    expect(canonicalName('FD00:0::2')).toBe('fd00::2');
  });
});
