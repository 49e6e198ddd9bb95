import { describe, expect, it } from 'vitest';
import { settingsFile } from '#cli/effective-settings.js';

describe('the settings file that is taken', () => {
  const there = () => true;

  it('is that of the service for the state of the service, where there is one', () => {
    expect(settingsFile({ state: '/var/lib/fogd' }, there)).toBe('/etc/fogd/fogd.toml');
    expect(settingsFile({ state: '/var/lib/fogd/' }, there)).toBe('/etc/fogd/fogd.toml');
    expect(settingsFile({ state: '/var/lib/fogd' }, () => false)).toBeUndefined();
  });

  it('is none for another state: npm start waited for the NFS server of a service that was installed once', () => {
    expect(settingsFile({ state: 'var' }, there)).toBeUndefined();
  });

  it('is the one that is named', () => {
    expect(settingsFile({ state: 'var', config: 'fogd.toml' }, there)).toBe('fogd.toml');
    expect(settingsFile({ state: '/var/lib/fogd', config: 'fogd.toml' }, there)).toBe('fogd.toml');
  });
});
