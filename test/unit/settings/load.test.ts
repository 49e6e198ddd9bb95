import { describe, expect, it } from 'vitest';
import { loadSettings, parseSettings } from '#settings/load.js';
import { problemLine } from '#settings/problem.js';
import { exampleFile } from '#settings/render.js';

const problems = (text: string) =>
  parseSettings(text).problems.map((problem) => problemLine('fogd.toml', problem));

describe('settings', () => {
  it('are complete and frozen without any file', () => {
    const settings = loadSettings(undefined);
    expect(settings.dhcp.mode).toBe('off');
    expect(settings.http.port).toBe(80);
    expect(() => {
      (settings.dhcp as { mode: string }).mode = 'server';
    }).toThrow(TypeError);
  });

  it('of the annotated example are the defaults', () => {
    expect(parseSettings(exampleFile()).settings).toEqual(loadSettings(undefined));
  });

  it('bug: what is wrong on the command line was to be mended in a file named "command line"', () => {
    expect(() => loadSettings(undefined, { dhcpMode: 'proxy' })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', remedy: expect.stringContaining('--interface') }),
    );
  });

  it('of the command line win over the file', () => {
    const { settings } = parseSettings('[dhcp]\nmode = "off"\n', { dhcpMode: 'proxy', interfaces: ['eth1'] });
    expect(settings?.dhcp).toMatchObject({ mode: 'proxy', interfaces: ['eth1'] });
  });

  const subnet =
    '[dhcp]\nmode = "server"\ninterfaces = ["eth0"]\n[[dhcp.subnets]]\nnetwork = "10.0.0.0/24"\n';
  it.each([
    ['not TOML', 'a = = 3', 'fogd.toml:1: is not TOML: invalid value: mend this line'],
    [
      'an unknown section',
      '\nzzz = 3',
      /^fogd\.toml:2: zzz is not a setting: remove it, or use one of server, /,
    ],
    [
      'an unknown key',
      '[dhcp]\n\ninterface = []',
      /^fogd\.toml:3: dhcp\.interface is not a setting: .* mode, interfaces,/,
    ],
    ['a wrong word', '[dhcp]\nmode = "on"', 'fogd.toml:2: dhcp.mode is "on": use off, proxy, server'],
    ['a number out of range', '[http]\nport = 70000', 'fogd.toml:2: http.port is 70000: it must be <= 65535'],
    ['a wrong type', '[http]\nport = "80"', 'fogd.toml:2: http.port is "80": it must be a whole number'],
    [
      'host bits in a network',
      `${subnet.replace('10.0.0.0', '10.0.0.1')}ranges = ["10.0.0.5-10.0.0.9"]`,
      /:5: dhcp\.subnets\.0\.network .*it must be a network/,
    ],
    ['a subnet without ranges', subnet, 'fogd.toml:4: dhcp.subnets.0 lacks ranges: add it'],
    [
      'a range outside',
      `${subnet}ranges = ["10.0.1.5-10.0.1.9"]`,
      /:6: dhcp\.subnets\.0\.ranges\.0 .* is not inside 10\.0\.0\.0\/24: use addresses from 10\.0\.0\.1 to 10\.0\.0\.254/,
    ],
    [
      'overlapping ranges',
      `${subnet}ranges = ["10.0.0.5-10.0.0.9", "10.0.0.9-10.0.0.20"]`,
      /overlaps dhcp\.subnets\.0\.ranges\.0/,
    ],
    [
      'a mode without interface',
      '[dhcp]\nmode = "proxy"',
      /:1: dhcp\.interfaces is empty although dhcp\.mode is "proxy"/,
    ],
    [
      'a shell command on the kernel line',
      '[boot]\nkernel_args = "a=$(id)"',
      /:2: boot\.kernel_args is .* it must be words of letters/,
    ],
    [
      'a name where an address is due',
      '[server]\naddress = "fog.school.example"',
      /:2: server\.address .* a name belongs into server\.hostname/,
    ],
    ['a name that is none', '[server]\nhostname = "http://fog"', /:2: server\.hostname .*a DNS name/],
    [
      'one port for two',
      '[http]\nport = 443',
      'fogd.toml:2: http.port is 443 for both HTTP and HTTPS: give each a port of its own',
    ],
    [
      'a certificate without a key',
      '[https]\ncertificate = "/x"',
      'fogd.toml:2: https.certificate is set, and https.key is not: set both, or none',
    ],
    [
      'a key without a certificate',
      '[https]\nkey = "/x"',
      /:2: https\.key is set, and https\.certificate is not/,
    ],
    [
      'a way to nowhere',
      '[http]\nredirect = true\n[https]\nenabled = false',
      /:2: http\.redirect is true although https\.enabled is false/,
    ],
    [
      'clients that would be led to a closed door',
      '[client]\nmove_to_https = true\n[https]\nport = 8443',
      /:2: client\.move_to_https is true although HTTPS is not served on port 443/,
    ],
    [
      'bug: clients that would be led to the port of HTTP',
      '[client]\nmove_to_https = true\n[http]\nport = 8080',
      /:2: client\.move_to_https is true although HTTP is served on port 8080/,
    ],
    ['a colour that is none', '[client]\ncolor = "#00567a"', /:2: client\.color .*six hexadecimal digits/],
  ])('name line, fault and mend of %s', (_, text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  it('report everything that is wrong at once, in the order of the file', () => {
    const lines = problems('[http]\nport = 0\n[dhcp]\nmode = "x"\n[tftp]\nport_range = "9-1"\n');
    expect(lines.map((line) => line.split(':')[1])).toEqual(['2', '4', '6']);
  });

  it('of a missing file name the file', () => {
    expect(() => loadSettings('/nonexistent/fogd.toml')).toThrow(
      '/nonexistent/fogd.toml cannot be read (ENOENT)',
    );
  });
});
