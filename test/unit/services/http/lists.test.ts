import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage, assignImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import { toNumber } from '#settings/ipv4.js';
import { TraceRepository } from '#store/trace.js';
import { makeWorld, type World } from './world.js';

const mac = (number: number) => `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;

let world: World;
beforeAll(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n');
  const { context, clock } = world;
  await addImage(context, { name: 'base' }, 'test');
  await addImage(context, { name: 'other' }, 'test');
  for (const number of [3, 1, 2]) {
    await addHost(context, `pc${number}`, [mac(number)], 'test');
    await clock.advance(1000);
  }
  await addHost(context, '100%_x', [mac(16), mac(17)], 'test');
  await addGroup(context, 'room', 'test');
  await changeMembers(context, 'room', 'join', ['pc1', 'pc3']);
  await assignImage(context, 'pc1', 'base', 'test');
  await context.store.commit(() => {
    context.hosts.change(context.hosts.byName('pc2')?.id ?? 0, { pending: true, description: 'Window' });
  });
  await createTask(context, { host: 'pc1', type: 'inventory' }, 'test');
  await createTask(context, { host: 'pc3', type: 'debug' }, 'test');
  await world.api.inject({ method: 'POST', url: '/api/v1/tasks/1/cancel' });
  const at = clock.now();
  const lease = (address: string, number: number, more = {}) => ({
    ...{ address: toNumber(address), mac: mac(number), clientId: undefined, hostname: undefined },
    ...{ state: 'bound' as const, grantedAt: at, expiresAt: at + 1000, ...more },
  });
  await context.leases.save([
    lease('10.0.0.100', 1),
    lease('10.0.0.9', 2),
    lease('10.0.0.20', 3, { expiresAt: at - 1 }),
    lease('9.255.0.1', 4, { state: 'declined' }),
    lease('10.0.0.21', 5, { state: 'released' }),
  ]);
  const record = { service: 'dhcp', event: 'discover', outcome: 'ignored', reasons: [], count: 1 } as const;
  await context.store.commit(() =>
    new TraceRepository(world.store).append(
      [1, 2, 3].map((number) => ({ ...record, who: { mac: mac(number) }, at: number, last: number })),
    ),
  );
});
afterAll(() => world.close());

const list = async (path: string, key: string) => {
  const answer = await world.api.inject(encodeURI(`/api/v1${path}`));
  const { items, total } = answer.json() as { items: Record<string, unknown>[]; total: number };
  return `${items.map((item) => String(item[key])).join(' ')} of ${total}`;
};

describe('lists', () => {
  it.each<[string, string, string]>([
    ['/hosts', 'name', '100%_x pc1 pc2 pc3 of 4'],
    ['/hosts?limit=2', 'name', '100%_x pc1 of 4'],
    ['/hosts?limit=2&offset=3', 'name', 'pc3 of 4'],
    ['/hosts?offset=9', 'name', ' of 4'],
    ['/hosts?sort=-name', 'name', 'pc3 pc2 pc1 100%_x of 4'],
    ['/hosts?sort=createdAt', 'name', 'pc3 pc1 pc2 100%_x of 4'],
    ['/hosts?sort=-createdAt&limit=1', 'name', '100%_x of 4'],
    ['/hosts?q=PC', 'name', 'pc1 pc2 pc3 of 3'],
    ['/hosts?q=window', 'name', 'pc2 of 1'],
    ['/hosts?q=00:11', 'name', '100%_x of 1'],
    ['/hosts?q=%_', 'name', '100%_x of 1'],
    ["/hosts?q=' OR 1=1 --", 'name', ' of 0'],
    ['/hosts?q=%', 'name', '100%_x of 1'],
    ['/hosts?pending=true', 'name', 'pc2 of 1'],
    ['/hosts?pending=false&q=pc', 'name', 'pc1 pc3 of 2'],
    ['/hosts?group=ROOM', 'name', 'pc1 pc3 of 2'],
    ['/hosts?group=none', 'name', ' of 0'],
    ['/hosts?image=base', 'name', 'pc1 of 1'],
    ['/hosts?image=other&group=room', 'name', ' of 0'],
    ['/tasks', 'id', '2 1 of 2'],
    ['/tasks?active=true', 'id', '2 of 1'],
    ['/tasks?active=false', 'id', '1 of 1'],
    ['/tasks?state=Cancelled', 'host', 'pc1 of 1'],
    ['/tasks?host=PC3', 'id', '2 of 1'],
    ['/tasks?type=inventory', 'id', '1 of 1'],
    ['/tasks?q=pc3', 'id', '2 of 1'],
    ['/tasks?sort=host', 'host', 'pc1 pc3 of 2'],
    ['/leases', 'address', '9.255.0.1 10.0.0.9 10.0.0.100 of 3'],
    ['/leases?sort=-address&limit=1', 'address', '10.0.0.100 of 3'],
    ['/leases?all=true', 'address', '9.255.0.1 10.0.0.9 10.0.0.20 10.0.0.21 10.0.0.100 of 5'],
    ['/leases?state=bound', 'address', '10.0.0.9 10.0.0.100 of 2'],
    ['/leases?state=expired', 'state', 'expired of 1'],
    ['/leases?state=released', 'state', 'released of 1'],
    ['/leases?mac=02-00-00-00-00-01', 'host', 'pc1 of 1'],
    ['/leases?q=pc1', 'address', '10.0.0.100 of 1'],
    ['/images?q=BAS', 'name', 'base of 1'],
    ['/images?sort=-name', 'name', 'other base of 2'],
    ['/images?protected=true', 'name', ' of 0'],
    ['/groups?host=pc1', 'name', 'room of 1'],
    ['/groups?host=pc2', 'name', ' of 0'],
    ['/menu?sort=-name&limit=1', 'name', 'fog.sysinfo of 12'],
    ['/menu?q=memtest', 'name', 'fog.memtest of 1'],
    ['/nodes', 'name', 'DefaultMember of 1'],
    ['/trace', 'at', '3 2 1 of 3'],
    ['/trace?sort=at&limit=1', 'at', '1 of 3'],
    ['/trace?mac=020000000002', 'at', '2 of 1'],
    ['/trace?since=2&service=dhcp', 'at', '3 2 of 2'],
    ['/trace?outcome=failed', 'at', ' of 0'],
    ['/users', 'name', ' of 0'],
    ['/sessions', 'id', ' of 0'],
  ])('%s', async (path, key, expected) => {
    expect(await list(path, key)).toBe(expected);
  });

  it('read a page of hosts with as many statements as a page of one', async () => {
    const { store } = world;
    const count = async (path: string) => {
      const before = store.prepare.bind(store);
      let reads = 0;
      store.prepare = (sql) => {
        reads += 1;
        return before(sql);
      };
      await world.api.inject(`/api/v1${path}`);
      store.prepare = before;
      return reads;
    };
    for (const path of ['/hosts', '/tasks', '/groups', '/leases?all=true', '/images', '/sessions'])
      expect(await count(`${path}${path.includes('?') ? '&' : '?'}limit=1000`), path).toBe(
        await count(`${path}${path.includes('?') ? '&' : '?'}limit=1`),
      );
  });

  it('show a host of a list as it is shown alone', async () => {
    const { items } = (await world.api.inject('/api/v1/hosts?q=pc1')).json() as { items: object[] };
    const alone = (await world.api.inject('/api/v1/hosts/pc1')).json() as object;
    expect(alone).toMatchObject(items[0] ?? {});
    expect(items).toMatchObject([{ macs: [mac(1)], image: 'base', task: null, system: '' }]);
  });
});
