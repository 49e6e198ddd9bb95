import { describe, expect, it } from 'vitest';
import { startScreen } from '#cli/start-screen.js';
import { loadSettings } from '#settings/load.js';

describe('the screen of a start', () => {
  it.each([
    ['running', 'DHCP answers on eth7: switch a PC on'],
    ['degraded', 'DHCP does not answer'],
    ['failed', 'DHCP does not answer'],
  ] as const)('bug: said that DHCP answers whatever its state was: %s', (state, said) => {
    const settings = loadSettings(undefined, { dhcpMode: 'proxy', interfaces: ['eth7'] });
    const services = [{ name: 'dhcp', state, detail: '' }];
    const screen = startScreen({ version: '1', state: 'var', settings, services });
    expect(screen.split('\n')).toContainEqual(expect.stringContaining(said));
  });
});
