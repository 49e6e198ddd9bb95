import { describe, expect, it } from 'vitest';
import { encodeDomains, parseDhcpOption } from '#settings/dhcp-option.js';
import { parseSettings } from '#settings/load.js';

const NET = 'network = "10.0.0.0/24"\nranges = ["10.0.0.100-10.0.0.199"]';

/** What is said about `[[dhcp.TABLE]]` with this text in it. */
function problems(table: string, text: string, subnet = NET): string[] {
  const toml = `[dhcp]\nmode = "server"\ninterfaces = ["eth0"]\n[[dhcp.subnets]]\n${subnet}\n`;
  const own =
    table === 'subnets' ? toml.replace(subnet, `${subnet}\n${text}`) : `${toml}[[dhcp.${table}]]\n${text}\n`;
  return parseSettings(own).problems.map(({ path, what, mend, line }) => `${line} ${path} ${what}: ${mend}`);
}

describe('an option by number', () => {
  it.each([
    ['42 address 10.0.0.1,10.0.0.2', 42, '0a0000010a000002'],
    ['26 uint16 1400', 26, '0578'],
    ['35 uint32 4294967295', 35, 'ffffffff'],
    ['2 int32 -3600', 2, 'fffff1f0'],
    ['23 uint8 64', 23, '40'],
    ['19 flag true', 19, '01'],
    ['119 domain lab.example', 119, '036c6162076578616d706c6500'],
    ['252 text http://wpad/a b', 252, Buffer.from('http://wpad/a b').toString('hex')],
    ['43 hex 01:02 ff', 43, '0102ff'],
  ])('%s', (text, code, hex) => {
    expect(parseDhcpOption(text)).toEqual({ code, value: Buffer.from(hex, 'hex') });
  });

  it.each([
    '42',
    '42 address',
    '42 address 10.0.0',
    '0 uint8 1',
    '255 uint8 1',
    '300 uint8 1',
    '26 uint16 65536',
    '23 uint8 -1',
    '19 flag yes',
    '43 hex 012',
    '252 text \u0000',
    '252 constructor x',
    `252 text ${'x'.repeat(256)}`,
    '119 domain a..b',
  ])('%j is none', (text) => {
    expect(parseDhcpOption(text)).toBeUndefined();
  });

  it('domains stand one after the other', () => {
    expect(encodeDomains(['a.b', 'c']).toString('hex')).toBe('0161016200' + '016300');
  });
});

describe('what does not go together', () => {
  it.each([
    [
      'subnets',
      'exclude = ["10.0.1.5"]',
      '7 dhcp.subnets.0.exclude.0 "10.0.1.5" is not inside 10.0.0.0/24: use addresses from 10.0.0.1 to 10.0.0.254',
    ],
    [
      'subnets',
      'routes = ["10.9.0.0/16 via 10.1.0.1"]',
      '7 dhcp.subnets.0.routes.0 the gateway of "10.9.0.0/16 via 10.1.0.1" is not inside 10.0.0.0/24: name a gateway that the machines of this subnet can reach',
    ],
    [
      'subnets',
      'options = ["53 uint8 2"]',
      '7 dhcp.subnets.0.options.0 sets option 53, which cannot be chosen: it is a part of the protocol: leave it out',
    ],
    [
      'subnets',
      '[[dhcp.subnets]]\nnetwork = "10.0.0.128/25"\nranges = []',
      '8 dhcp.subnets.1.network "10.0.0.128/25" overlaps dhcp.subnets.0.network: name each subnet once, with all its ranges',
    ],
    [
      'classes',
      'name = "x"\nboot_file = "a.efi"',
      '7 dhcp.classes.0 "x" says nothing of the machines that belong to it: add arch, mac_prefix, vendor_class, user_class or undi',
    ],
    [
      'classes',
      'name = "x"\narch = [7]',
      '7 dhcp.classes.0 "x" gives nothing: add boot_file, lease_seconds or options, or remove it',
    ],
    [
      'hosts',
      'address = "10.0.0.5"',
      '7 dhcp.hosts.0 names its machine in 0 ways: give it one of mac, client_id and host',
    ],
    [
      'hosts',
      'host = "a"',
      '7 dhcp.hosts.0 gives nothing: add address, boot_file, lease_seconds or options, or remove it',
    ],
    [
      'hosts',
      'host = "a"\naddress = "10.7.0.5"',
      '9 dhcp.hosts.0.address "10.7.0.5" is in no subnet of dhcp.subnets: choose an address of one of them, or add its subnet',
    ],
    [
      'hosts',
      'host = "a"\naddress = "10.0.0.5"\n[[dhcp.hosts]]\nhost = "A"\naddress = "10.0.0.6"',
      '11 dhcp.hosts.1.host "A" is in dhcp.hosts.0 already: make one entry of the two',
    ],
  ])('%s: %s', (table, text, said) => {
    expect(problems(table, text)).toEqual([said]);
  });

  it('a boot file is no way out of its folder', () => {
    for (const name of ['../x', '/x', 'a//b', 'a/../b', '', 'a b'])
      expect(problems('classes', `name = "x"\narch = [7]\nboot_file = ${JSON.stringify(name)}`)).toHaveLength(
        1,
      );
  });
});
