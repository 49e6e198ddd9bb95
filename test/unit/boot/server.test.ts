import { describe, expect, it } from 'vitest';
import { bootServer, ipxeUrl, type Scheme, serverUrl } from '#boot/server.js';
import { parseSettings } from '#settings/load.js';

function url(toml: string, local: string, scheme: Scheme = 'http'): string {
  const { settings, problems } = parseSettings(toml);
  if (!settings) throw new Error(JSON.stringify(problems));
  return serverUrl(bootServer(settings, local, scheme), 'fog/');
}

describe('the server in a URL', () => {
  it.each<[string, string, string, Scheme, string]>([
    ['the address that was asked', '', '10.0.0.1', 'http', 'http://10.0.0.1/fog/'],
    ['the same by HTTPS', '', '10.0.0.1', 'https', 'https://10.0.0.1/fog/'],
    ['an IPv6 address, in brackets', '', 'fd00::2', 'http', 'http://[fd00::2]/fog/'],
    ['an IPv6 address with a port', '[http]\nport = 8080', 'fd00::2', 'http', 'http://[fd00::2]:8080/fog/'],
    [
      'the name',
      '[server]\nhostname = "fog.school.example"',
      '10.0.0.1',
      'http',
      'http://fog.school.example/fog/',
    ],
    [
      'the name before the address',
      '[server]\nhostname = "fog"\naddress = "10.9.0.1"',
      '10.0.0.1',
      'http',
      'http://fog/fog/',
    ],
    [
      'the address of the settings',
      '[server]\naddress = "10.9.0.1"',
      '10.0.0.1',
      'http',
      'http://10.9.0.1/fog/',
    ],
    ['such an IPv6 address', '[server]\naddress = "fd00::9"', '10.0.0.1', 'https', 'https://[fd00::9]/fog/'],
    ['another port of HTTPS', '[https]\nport = 8443', '10.0.0.1', 'https', 'https://10.0.0.1:8443/fog/'],
    [
      'port 443 for HTTP',
      '[http]\nport = 443\n[https]\nport = 80',
      '10.0.0.1',
      'http',
      'http://10.0.0.1:443/fog/',
    ],
    [
      'port 80 for HTTPS',
      '[http]\nport = 443\n[https]\nport = 80',
      '10.0.0.1',
      'https',
      'https://10.0.0.1:80/fog/',
    ],
  ])('is %s', (_, toml, local, scheme, expected) => {
    expect(url(toml, local, scheme)).toBe(expected);
  });

  it('leaves the address for NFS what the machine reached: a name could not be mounted', () => {
    const { settings } = parseSettings('[server]\nhostname = "fog.school.example"\naddress = "10.9.0.1"');
    expect(settings && bootServer(settings, '10.0.0.1', 'http').ip).toBe('10.0.0.1');
  });

  it('has the folder of iPXE below it', () => {
    expect(ipxeUrl({ scheme: 'https', host: 'fog' }, 'boot.php')).toBe(
      'https://fog/fog/service/ipxe/boot.php',
    );
  });
});
