import { isIP, isIPv4 } from 'node:net';
import Format from 'typebox/format';
import { KERNEL_WORD } from '#boot/kernel-line.js';
import { parseDhcpOption } from './dhcp-option.js';
import { parseCidr, parseRange, parseRoute } from './ipv4.js';

export interface FormatRule {
  readonly test: (value: string) => boolean;
  /** Completes the sentence "… must be". */
  readonly means: string;
}

/** The checks behind `format` in the schema. */
export const formats: Readonly<Record<string, FormatRule>> = {
  ipv4: { test: isIPv4, means: 'an IPv4 address such as 10.0.0.1' },
  cidr: { test: (value) => parseCidr(value) !== undefined, means: 'a network such as 10.0.0.0/24' },
  range: {
    test: (value) => parseRange(value) !== undefined,
    means: 'an address range such as 10.0.0.100-10.0.0.199',
  },
  'range-or-address': {
    test: (value) => isIPv4(value) || parseRange(value) !== undefined,
    means: 'an address such as 10.0.0.150, or a range such as 10.0.0.180-10.0.0.184',
  },
  route: {
    test: (value) => parseRoute(value) !== undefined,
    means: 'a route such as "10.9.0.0/16 via 10.0.0.254"',
  },
  mac: {
    test: (value) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value),
    means: 'a MAC address such as 52:54:00:12:34:56',
  },
  'mac-prefix': {
    test: (value) => /^[0-9a-f]{2}(:[0-9a-f]{2}){0,5}$/i.test(value),
    means: 'the first bytes of a MAC address such as 00:15:5d',
  },
  hex: {
    test: (value) => /^([0-9a-f]{2}){2,255}$/i.test(value),
    means: 'at least two bytes in hexadecimal such as ff12345678',
  },
  color: {
    test: (value) => /^([0-9a-f]{6})?$/i.test(value),
    means: 'a colour of six hexadecimal digits such as 00567a',
  },
  'client-version': {
    test: (value) => /^(\d{1,4}(\.\d{1,4}){1,3})?$/.test(value),
    means: 'a version such as 0.13.0',
  },
  undi: {
    test: (value) => /^\d{1,3}\.\d{1,3}$/.test(value),
    means: 'a version such as 3.16',
  },
  'boot-file': {
    test: (value) => value.length <= 127 && /^[\w][\w.-]*(\/[\w][\w.-]*)*$/.test(value),
    means: 'a name of a boot file such as snponly.efi or i386-efi/snponly.efi',
  },
  'dhcp-option': {
    test: (value) => parseDhcpOption(value) !== undefined,
    means:
      'an option as "NUMBER TYPE VALUE", e.g. "42 address 10.0.0.1"; types: address, uint8, uint16, uint32, int32, flag, domain, text, hex; its value at most 255 bytes',
  },
  ports: {
    test: (value) => parsePorts(value) !== undefined,
    means: 'a port range such as 61000-61099, or one port',
  },
  interface: {
    test: (value) => /^[^\s/:]{1,15}$/.test(value),
    means: 'the name of a network interface such as eth0',
  },
  hostname: {
    test: (value) => value.length <= 253 && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value),
    means: 'a DNS name such as fog.school.example',
  },
  address: {
    test: (value) => isIP(value) !== 0 && !value.includes('%'),
    means: 'an address such as 10.0.0.1; a name belongs into server.hostname',
  },
  folder: {
    test: (value) => value.startsWith('/') && !value.includes('\0'),
    means: 'the absolute path of a folder',
  },
  file: {
    test: (value) => value.startsWith('/') && !value.includes('\0'),
    means: 'the absolute path of a file',
  },
  word: { test: (value) => /^[A-Za-z0-9_-]*$/.test(value), means: 'one word of letters, digits, - and _' },
  'kernel-args': {
    test: (value) => value.split(/\s+/).every((word) => word === '' || KERNEL_WORD.test(word)),
    means: 'words of letters, digits and . _ : / , + @ % = -, separated by blanks',
  },
  'nfs-share': {
    test: (value) => /^[A-Za-z0-9._-]+:\/[A-Za-z0-9._/-]*$/.test(value),
    means: 'a host and a folder, as 10.0.0.5:/opt/clamav',
  },
  'name-pattern': {
    test: (value) =>
      value === 'MAC' ||
      (/^[\w.-]*$/.test(value.replace('{SYSSERIAL}', '').replace(/\*+/, '')) && value !== ''),
    means: 'MAC, or a name with at most one run of * and one {SYSSERIAL}',
  },
};

for (const [name, rule] of Object.entries(formats)) Format.Set(name, rule.test);

/** `first-last` or one port, as numbers; undefined when it is neither. */
export function parsePorts(text: string): { readonly first: number; readonly last: number } | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim());
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && last <= 65535 && first <= last ? { first, last } : undefined;
}
