import { afterEach, describe, expect, it } from 'vitest';
import { switchClientModule } from '#actions/manage-clients.js';
import { addHost, removeHost } from '#actions/manage-hosts.js';
import { makeWorld, type World } from '../services/http/world.js';
import { knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';

let world: World;
afterEach(() => world.close());

const start = async (toml = '') => {
  world = await makeWorld(toml);
  await addHost(world.context, 'PC', [PC_MAC], 'test');
};
/** As the client sends it: `\\` escaped, `&`, `#` and `+` not. */
const report = async (action: string, user: string, mac = PC_MAC, address = '10.0.0.50') =>
  (
    await transportOf(world, address)(
      'GET',
      `/service/usertracking.report.php?action=${action}&user=${user}&mac=${mac}&newService&json`,
    )
  ).body;
const kept = () => world.context.logins.page({ limit: 10_000 });
const lines = () => kept().items.map(({ host, user, action }) => `${host} ${user} ${action}`);

describe('user tracking', () => {
  it('keeps who came and went, when it heard of it, the newest first', async () => {
    await start();
    expect(await report('login', 'VM%5CBob')).toBe('{}');
    await world.clock.advance(60_000);
    // After a restart of its service everybody comes again, and nobody went.
    expect(await report('login', 'VM%5CBob')).toBe('{}');
    expect(await report('LOGOUT', 'bob@example.org')).toBe('{}');
    expect(lines()).toEqual(['PC bob logout', 'PC bob login', 'PC bob login']);
    expect(kept().items[0]?.at).toBe(world.clock.now());
    expect(world.context.logins.page({ host: 'pc', user: 'BOB', q: 'b' }).total).toBe(3);
    expect(world.context.logins.page({ user: 'ada' }).total).toBe(0);
  });

  it('takes what is left of a name with separators', async () => {
    await start();
    expect(await report('login', 'vm%5Cbob&x')).toBe('{}');
    expect(await report('login', 'vm%5Cbob+smith')).toBe('{}');
    expect(await report('login', 'vm%5Cb%20b=c')).toBe('{}');
    expect(lines()).toEqual(['PC b b=c login', 'PC bob+smith login', 'PC bob login']);
    // A "#" takes the MAC with it.
    const { body } = await transportOf(world)(
      'GET',
      '/service/usertracking.report.php?action=login&user=vm%5Cbob',
    );
    expect(body).toBe('{"error":"im"}');
  });

  it('is answered in FOG’s words where something is wrong, and nothing is kept', async () => {
    await start();
    for (const [action, user, mac, code] of [
      ['login', 'VM%5C', PC_MAC, 'us'],
      ['login', '%1b%0a', PC_MAC, 'us'],
      ['START', 'bob', PC_MAC, 'er'],
      ['', 'bob', PC_MAC, 'er'],
      ['login', 'bob', '00:11:22:33:44:66', 'ih'],
      ['login', 'bob', '', 'im'],
    ] as const)
      expect(await report(action, user, mac)).toBe(`{"error":"${code}"}`);
    expect(kept().total).toBe(0);
  });

  it('that is off keeps nothing, whatever clients go on telling', async () => {
    await start();
    await switchClientModule(world.context, 'PC', 'usertracker', false);
    expect(await report('login', 'bob')).toBe('{"error":"nh"}');
    await world.close();
    await start('[client]\nusertracker = false\n');
    expect(await report('login', 'bob')).toBe('{"error":"ng"}');
    expect(kept().total).toBe(0);
  });

  it('text of strangers stays text', async () => {
    await start();
    for (const name of [
      "x' OR '1'='1",
      '<img src=x onerror=alert(1)>',
      'a\u001b]0;b\u0007',
      'x"; DROP TABLE hosts',
    ])
      expect(await report('login', encodeURIComponent(name))).toBe('{}');
    expect(lines()).toEqual([
      'PC x"; drop table hosts login',
      'PC a]0;b login',
      'PC <img src=x onerror=alert(1)> login',
      "PC x' or '1'='1 login",
    ]);
    const answer = await world.api.inject('/api/v1/logins?q=%25');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.json()).toMatchObject({ total: 0 });
  });

  it('ten thousand reports of one machine leave few rows', async () => {
    await start();
    const codes = await Promise.all(Array.from({ length: 10_000 }, (_, n) => report('login', `user${n}`)));
    expect(codes.filter((body) => body === '{}')).toHaveLength(60);
    expect(kept().total).toBe(60);
  });

  it('and the newest thousand of a host are all that is ever kept', async () => {
    await start();
    await addHost(world.context, 'OTHER', ['00:11:22:33:44:66'], 'test');
    const { store, logins } = world.context;
    await store.commit(() => {
      logins.add(2, 'ada', 'login', 0);
      for (let n = 0; n < 1_500; n++) logins.add(1, `user${n}`, 'login', n);
    });
    expect(logins.page({ host: 'PC', sort: 'at', limit: 1 })).toMatchObject({
      total: 1_000,
      items: [{ user: 'user500' }],
    });
    expect(logins.page({ host: 'OTHER' }).total).toBe(1);
    await store.commit(() => logins.removeBefore(1_400));
    expect(logins.page({}).total).toBe(100);
    await removeHost(world.context, 'PC');
    expect(logins.page({}).total).toBe(0);
  });

  it('a client that is told of it is told nothing else', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await client.cycle();
    expect([client.told?.usertracker, client.log]).toEqual([{ '': '' }, []]);
  });
});
