import { describe, expect, it } from 'vitest';
import { storageOf } from '#domain/share.js';
import { parseSettings } from '#settings/load.js';

describe('what machines mount', () => {
  const session = { id: 7, serverIp: '10.0.0.1' } as const;
  it.each([
    [
      { backend: 'ganesha', exports: 'session' } as const,
      '10.0.0.1:/t/7/',
      '10.0.0.1:/t/dev/7/',
      '10.0.0.1:/t/7/',
    ],
    [
      { backend: 'ganesha', exports: 'open' } as const,
      '10.0.0.1:/images/',
      '10.0.0.1:/images/dev/',
      '10.0.0.1:/images/dev/',
    ],
    [
      { backend: 'external', exports: 'session', share: '10.0.0.5:/srv/fog/' } as const,
      '10.0.0.5:/srv/fog/',
      '10.0.0.5:/srv/fog/dev/',
      '10.0.0.5:/srv/fog/dev/',
    ],
    [{ backend: 'external', exports: 'open', share: 'nas:/' } as const, 'nas:/', 'nas:/dev/', 'nas:/dev/'],
  ])('%j', (settings, deploy, capture, plain) => {
    const told = (kind: 'deploy' | 'capture' | 'plain') => {
      const { host, path } = storageOf(settings, { ...session, kind });
      return `${host}:${path}`;
    };
    expect([told('deploy'), told('capture'), told('plain')]).toEqual([deploy, capture, plain]);
  });
});

describe('nfs.backend = "external"', () => {
  it('wants the share named', () => {
    expect(parseSettings('[nfs]\nbackend = "external"\n').problems).toMatchObject([{ path: 'nfs.share' }]);
    expect(parseSettings('[nfs]\nbackend = "external"\nshare = "nas:/images"\n').problems).toEqual([]);
  });
});
