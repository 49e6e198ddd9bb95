import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost, addMac, changeHost } from '#actions/manage-hosts.js';
import { choosePrimaryMac } from '#domain/primary-mac.js';
import { makeWorld, type World } from '../services/http/world.js';
import { PC_MAC, transportOf } from './client-world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld('[registration]\nignore_macs = ["00:e0:4c"]\n');
});
afterEach(() => world.close());

const register = async (hostname: string, ...macs: string[]) =>
  (
    await transportOf(world)(
      'GET',
      `/service/register.php?hostname=${hostname}&mac=${macs.join('%7C')}&newService&json`,
    )
  ).body;
const host = (name: string) => world.context.hosts.byName(name);
const pendingMacs = (name: string) => host(name)?.macs.flatMap((one) => (one.pending ? [one.mac] : []));
const mac = (number: number) => `00:11:22:33:55:${String(number).padStart(2, '0')}`;

describe('register.php of FOG Client (spec client-protocol 4.4)', () => {
  it('makes a host that waits for approval, with the address that its maker gave it as the primary one', async () => {
    const macs = [
      '0A:00:27:00:00:10',
      '00:50:56:C0:00:08',
      '',
      '00:00:00:00:00:00:00:E0',
      PC_MAC,
      '00:E0:4C:01:02:03',
    ];
    expect(await register('LAB-1.local', ...macs)).toBe('{"complete":true}');
    expect(host('LAB-1')).toMatchObject({
      pending: true,
      description: 'Pending Registration created by FOG_CLIENT',
      macs: [
        { mac: PC_MAC, primary: true, pending: false },
        { mac: '00:50:56:c0:00:08', primary: false },
        { mac: '0a:00:27:00:00:10', primary: false },
      ],
    });
    expect(await register('LAB-1', PC_MAC)).toBe('{"error":"ig"}');
  });

  it('names more addresses of a known host, which wait for approval, up to a limit', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    expect(await register('ANY', PC_MAC, mac(1), mac(2))).toBe('{"complete":true}');
    expect(pendingMacs('PC')).toEqual([mac(1), mac(2)]);
    await register('ANY', PC_MAC, mac(3), mac(4), mac(5), mac(6));
    expect(pendingMacs('PC')).toEqual([mac(1), mac(2), mac(3), mac(4)]);
    expect(await register('ANY', PC_MAC, mac(7))).toBe(
      '{"error":"er: Too many MACs. Only allowed to have 4 additional macs."}',
    );
  });

  it('by the name of a host that is approved: the addresses wait for approval there', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await register('pc', mac(1));
    expect(pendingMacs('PC')).toEqual([mac(1)]);
  });

  it('takes no address away from another host', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await addHost(world.context, 'OTHER', [mac(1)], 'test');
    await addMac(world.context, 'OTHER', mac(2));
    await register('ANY', PC_MAC, mac(1), mac(2));
    expect(host('PC')?.macs).toHaveLength(1);
    expect(host('OTHER')?.macs).toHaveLength(2);
  });

  it.each([
    ['too-long-a-name-for-windows', '{"error":"ih"}'],
    ['<img src=x>', '{"error":"ih"}'],
    ['', '{"error":"ih"}'],
  ])('refuses the name %j', async (name, answer) => {
    expect(await register(encodeURIComponent(name), mac(1))).toBe(answer);
    expect(world.context.hosts.list()).toEqual([]);
  });

  it('of a name that waits for approval already does not join that', async () => {
    await register('LAB', mac(1));
    expect(await register('LAB', mac(2))).toBe('{"error":"ih"}');
    expect(host('LAB')?.macs).toHaveLength(1);
  });

  it('without an address that counts', async () => {
    expect(await register('LAB', '00:E0:4C:01:02:03', '', 'ff:ff:ff:ff:ff:ff')).toBe('{"error":"im"}');
  });

  it('bug: a machine with a shared adapter, ignored for clients, became a part of the host that the adapter was seen at first', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await addMac(world.context, 'PC', mac(9));
    await addMac(world.context, 'PC', mac(9), { clientIgnore: true });
    expect(await register('NEW', mac(9), mac(1))).toBe('{"complete":true}');
    expect(host('NEW')?.macs.map((one) => one.mac)).toEqual([mac(1)]);
    expect(pendingMacs('PC')).toEqual([]);
    expect(await register('ALONE', mac(9))).toBe('{"error":"im"}');
  });

  it('is off with client.hostregister', async () => {
    await world.close();
    world = await makeWorld('[client]\nhostregister = false\n');
    expect(await register('LAB', mac(1))).toBe('{"error":"ng"}');
    expect(world.context.hosts.list()).toEqual([]);
  });

  it('a flood from one address ends, and others are served', async () => {
    const answers = new Set<string>();
    for (let number = 0; number < 400; number++) {
      const hex = number.toString(16).padStart(4, '0');
      answers.add(await register(`F-${number}`, `00:11:22:44:${hex.slice(0, 2)}:${hex.slice(2)}`));
    }
    expect([...answers]).toEqual(['{"complete":true}', '{"error":"er"}']);
    expect(world.context.hosts.countPending()).toBe(300);
    const other = await transportOf(world, '10.0.0.77')(
      'GET',
      `/service/register.php?hostname=GOOD&mac=${mac(1)}`,
    );
    expect(other.body).toBe('{"complete":true}');
  });

  it('HEAD changes nothing', async () => {
    await world.app.inject({ method: 'HEAD', url: `/fog/service/register.php?hostname=LAB&mac=${mac(1)}` });
    expect(world.context.hosts.list()).toEqual([]);
  });

  it('a host that waits for approval is nobody to every other endpoint', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await changeHost(world.context, 'PC', { pending: true });
    const get = transportOf(world);
    for (const path of ['/management/index.php?sub=requestClientInfo', '/service/jobs.php?x'])
      expect((await get('GET', `${path}&mac=${PC_MAC}`)).body).toBe('{"error":"ih"}');
  });
});

describe('the primary address', () => {
  it.each([
    [['02:00:00:00:00:01', PC_MAC], PC_MAC],
    [['08:00:27:00:00:01', PC_MAC], PC_MAC],
    [['08:00:27:00:00:01', '02:00:00:00:00:01'], '08:00:27:00:00:01'],
    [['02:00:00:00:00:01', '52:54:00:00:00:01'], '02:00:00:00:00:01'],
    [[], undefined],
  ])('of %j is %j', (macs, primary) => {
    expect(choosePrimaryMac(macs)).toBe(primary);
  });
});
