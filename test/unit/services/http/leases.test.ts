import { afterEach, beforeEach, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { toNumber } from '#settings/ipv4.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  const now = world.clock.now();
  const lease = (address: string, mac: string, seconds: number) => ({
    ...{
      address: toNumber(address),
      mac,
      clientId: undefined,
      hostname: 'calls\u001b[31m',
      state: 'bound' as const,
    },
    ...{ grantedAt: now, expiresAt: now + seconds * 1000 },
  });
  await world.context.leases.save([lease('10.0.0.20', MAC, 60), lease('10.0.0.3', '02:00:00:00:00:03', -1)]);
  await addHost(world.context, 'pc1', [MAC], 'test');
});
afterEach(() => world.close());

const call = async (method: 'GET' | 'DELETE', url: string) =>
  (await world.api.inject({ method, url: `/api/v1${url}` })).json() as unknown;

it('lists who has which address, with the host; all of them on request, by address', async () => {
  expect(await call('GET', '/leases')).toMatchObject({
    items: [{ address: '10.0.0.20', mac: MAC, host: 'pc1', state: 'bound' }],
  });
  expect(await call('GET', '/leases?all=true')).toMatchObject({
    items: [{ address: '10.0.0.3', host: null, state: 'expired' }, { address: '10.0.0.20' }],
  });
});

it('shows one by address or MAC, and says what is not there', async () => {
  expect(await call('GET', '/leases/10.0.0.3')).toMatchObject({ mac: '02:00:00:00:00:03' });
  expect(await call('GET', `/leases/${MAC.toUpperCase()}`)).toMatchObject({ address: '10.0.0.20' });
  for (const key of ['10.0.0.4', '../x', 'xyz'])
    expect(await call('GET', `/leases/${encodeURIComponent(key)}`)).toMatchObject({ title: 'LEASE_UNKNOWN' });
});

it('releases one', async () => {
  expect(await call('DELETE', '/leases/10.0.0.20')).toMatchObject({ state: 'released', host: 'pc1' });
  expect(await call('GET', '/leases')).toEqual({ items: [], total: 0 });
  expect(await call('DELETE', '/leases/nonsense')).toMatchObject({ title: 'LEASE_UNKNOWN' });
});
