import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const UUID = '4c4c4544-0038-3010-8051-b4c04f4d3532';
const autoreg = (macs = MAC) =>
  world.fos(
    'auto.register.php',
    `sysserial=${b64('ser+1234/x')}&sysuuid=${b64(UUID)}&mac=${b64(macs)}&productKey=`,
  );
const manreg = (host: string, macs = MAC) =>
  world.fos(
    'auto.register.php',
    `sysuuid=${b64(UUID)}&mac=${b64(macs)}&advanced=MQ==&host=${b64(host)}&imageid=0&primaryuser=${b64('alice')}&other1=${b64('room 7')}&other2=&doimage=&doad=&location=0&ou=0&username=&password=&groupid=&snapinid=&productKey=`,
  );

describe('FOS endpoints', () => {
  it.each(['/fog//index.php', '/fog/index.php'])(
    'HEAD %s says that there is a network (spec 2.4)',
    async (url) => {
      const answer = await world.app.inject({ method: 'HEAD', url });
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toBe('');
      expect(world.decisions).toMatchObject([{ service: 'fos', event: 'fos-started' }]);
    },
  );

  it('quick registration makes a host of all its MACs and answers Done', async () => {
    expect(await autoreg(`${MAC}|02:00:00:00:00:01`)).toBe('Done');
    expect(world.context.hosts.list()).toMatchObject([
      {
        name: '001122334455',
        createdBy: 'fos',
        macs: [
          { mac: MAC, primary: true },
          { mac: '02:00:00:00:00:01', primary: false },
        ],
      },
    ]);
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'registered',
      who: { mac: MAC, uuid: UUID },
      facts: { host: '001122334455' },
    });
  });

  it('registration of a known machine, by any of its MACs, makes no second host', async () => {
    await autoreg(`${MAC}|02:00:00:00:00:01`);
    expect(await autoreg('02:00:00:00:00:01|02:00:00:00:00:02')).toBe(
      'This machine already registered as 001122334455',
    );
    expect(world.context.hosts.list()).toHaveLength(1);
  });

  it('two machines that register at the same moment get two hosts and two numbers', async () => {
    await world.close();
    world = await makeWorld('[registration]\nname = "PC-**"');
    expect(await Promise.all([autoreg(MAC), autoreg('02:00:00:00:00:01')])).toEqual(['Done', 'Done']);
    expect(world.context.hosts.list().map(({ name }) => name)).toEqual(['PC-01', 'PC-02']);
  });

  it('full registration takes the typed name and tags, and keeps them when the hardware is reported', async () => {
    expect(await world.fos('man.hostexists.php', `sysuuid=${b64(UUID)}&mac=${b64(MAC)}`)).toBe('#!ok');
    expect(await world.fos('hostnameloop.php', `host=${b64('lab-7')}`)).toBe('#!ok');
    expect(await manreg('lab-7')).toBe('Done, without imaging!');
    expect(await world.fos('inventory.php', `mac=${b64(MAC)}&sysman=${b64('Lab Maker')}`)).toBe('Done');
    const [host] = world.context.hosts.list();
    expect(host?.name).toBe('lab-7');
    expect(world.context.inventory.get(host?.id ?? 0)).toMatchObject({
      primaryUser: 'alice',
      other1: 'room 7',
      reported: { sysman: 'Lab Maker' },
    });
    expect(await world.fos('man.hostexists.php', `mac=${b64(MAC)}`)).toBe(
      'This machine already registered as lab-7',
    );
    expect(await world.fos('hostnameloop.php', `host=${b64('LAB-7')}`)).toBe(
      `\tA host with that name already exists\n\tThe primary mac associated is: ${MAC}`,
    );
  });

  it.each(['a name that is too long', '$(reboot)x y', 'a;b', 'a\nb'])(
    'full registration refuses the name %j and keeps nothing',
    async (name) => {
      expect(await manreg(name)).toMatch(/^Unsafe hostname entered, please try again: /);
      expect(world.context.hosts.list()).toEqual([]);
    },
  );

  it('registration that is off says so instead of an empty body (spec 8.2)', async () => {
    await world.close();
    world = await makeWorld('[registration]\nenabled = false');
    expect(await autoreg()).toBe('Registration is disabled on this server');
    expect(await world.fos('man.hostexists.php', `mac=${b64(MAC)}`)).toBe(
      'Registration is disabled on this server',
    );
    expect(world.context.hosts.list()).toEqual([]);
  });

  it('inventory takes a plain or a base64 MAC, wrapped values, raw + and trailing newlines', async () => {
    await autoreg();
    const long =
      'Main board of the virtual lab computer the name of which does not fit in one line of base64 ~~?';
    const value = b64(long);
    expect(value).toContain('\n');
    expect(
      await world.fos(
        'inventory.php',
        `mac=${MAC}&sysman=${b64('No~7')}&mbproductname=${value}&sysserial=${b64('SER+1234/X')}`,
      ),
    ).toBe('Done');
    const [host] = world.context.hosts.list();
    expect(world.context.inventory.get(host?.id ?? 0)?.reported).toMatchObject({
      sysman: 'No~7',
      mbproductname: long,
      sysserial: 'SER+1234/X',
    });
    const wrapped = Array.from({ length: 6 }, (_, n) => `02:00:00:00:00:0${n}`)
      .concat(MAC)
      .join('|');
    expect(await world.fos('inventory.php', `mac=${b64(wrapped)}&sysman=${b64('again')}`)).toBe('Done');
    expect(world.context.inventory.get(host?.id ?? 0)?.reported.sysman).toBe('again');
  });

  it('a base64 value whose + became a blank is read right', async () => {
    await autoreg();
    const raw = b64('>>>???');
    expect(raw).toContain('+');
    await world.fos('inventory.php', `mac=${MAC}&sysman=${raw}`);
    expect(world.context.inventory.get(1)?.reported.sysman).toBe('>>>???');
  });

  it('inventory of a stranger is answered, with something, and kept nowhere', async () => {
    expect(await world.fos('inventory.php', `mac=${b64(MAC)}&sysman=${b64('x')}`)).toBe('Invalid Host');
    expect(world.store.db.prepare('SELECT count(*) FROM inventory').pluck().get()).toBe(0);
  });

  it('an inventory task goes from the menu over check-in to complete, and a lost answer can be asked for again', async () => {
    await autoreg();
    const create = await world.api.inject({ method: 'POST', url: '/api/v1/hosts/001122334455/inventory' });
    expect(create.json()).toMatchObject({ task: 'Hardware Inventory (Queued)' });
    const machine = await world.boot();
    expect(machine.script).toContain(
      `mac=${MAC} osid=99 irqpoll hostname=001122334455 mode=inventory deployed=1`,
    );
    const task = `sysuuid=${UUID}&mac=${MAC}`;
    expect(await machine.fos('Pre_Stage1.php', `${task}&type=`)).toBe('##@GO');
    expect(await machine.fos('Pre_Stage1.php', `${task}&type=`)).toBe('##@GO');
    expect(await machine.fos('inventory.php', `mac=${MAC}&sysman=${b64('x')}`)).toBe('Done');
    expect(await machine.fos('Post_Wipe.php', task)).toBe('##');
    expect(await machine.fos('Post_Wipe.php', task)).toBe('##');
    expect(await machine.fos('Pre_Stage1.php', `${task}&type=`)).toMatch(/^task 1 is over /);
    const states = world.store.db.prepare('SELECT state FROM task_transitions ORDER BY id').pluck().all();
    expect(states).toEqual([1, 3, 3, 4]);
    await world.clock.advance(86_400_001);
    expect(await machine.fos('Post_Wipe.php', task)).not.toBe('##');
  });

  it('a task that waits and images nothing gives way to the next; one that is at work does not', async () => {
    await autoreg();
    const url = '/api/v1/hosts/001122334455/inventory';
    await world.api.inject({ method: 'POST', url });
    expect((await world.api.inject({ method: 'POST', url })).statusCode).toBe(200);
    const machine = await world.boot();
    await machine.head();
    const third = await world.api.inject({ method: 'POST', url });
    expect(third.statusCode).toBe(409);
    expect(third.json()).toMatchObject({
      title: 'HOST_BUSY',
      remedy: 'wait for it, or cancel it with: fogd host cancel 001122334455',
    });
  });

  it('an error report of the client becomes a reason in its story', async () => {
    const text = 'Failed+to+create+image+%28x%29%0AServer+Disk';
    expect(
      await world.fos(
        'taskerror.php',
        `mac=52%3A54%3A00%3A88%3A00%3A02&sysuuid=${UUID}&type=error&text=${text}&script=fog.upload`,
      ),
    ).toBe('##');
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'client-error',
      who: { mac: '52:54:00:88:00:02', uuid: UUID },
      reasons: ['Failed to create image (x) Server Disk'],
      facts: { program: 'fog.upload' },
    });
  });

  it.each(['image', 'group', 'snapin', 'location'])('%slisting.php of nothing says so', async (kind) => {
    const answer = await world.app.inject({ url: `/fog/service/${kind}listing.php` });
    expect(answer.body).toBe(`There are no ${kind}s on this server`);
  });

  it('features that are not there do not answer ##', async () => {
    for (const name of ['locationcheck', 'oucheck']) {
      expect((await world.app.inject({ url: `/fog/service/${name}.php` })).body).not.toBe('##');
    }
    expect(
      await world.fos('checkcredentials.php', `username=${b64('fog')}&password=${b64('password')}`),
    ).toBe('#!il');
  });

  const hostile: Array<[string, string]> = [
    ['nothing', ''],
    ['no MAC', 'a=b'],
    ['a broadcast MAC', `mac=${b64('ff:ff:ff:ff:ff:ff')}`],
    ['ten thousand MACs', `mac=${b64(Array.from({ length: 10_000 }, () => '02:00:00:00:00:01x').join('|'))}`],
    ['broken base64', 'mac=%%%====&host=%ff%fe&sysman=\u0000'],
    ['pairs without end', '&=&=&'.repeat(10_000)],
    ['a shell command', 'mac=$(reboot)&host=$(reboot)'],
  ];
  it.each(hostile)('%s changes nothing and is answered by the protocol', async (_, body) => {
    for (const endpoint of [
      'auto.register.php',
      'inventory.php',
      'Pre_Stage1.php',
      'Post_Wipe.php',
      'man.hostexists.php',
      'taskerror.php',
    ]) {
      expect((await world.fos(endpoint, body)).length, endpoint).toBeGreaterThan(0);
    }
    expect(world.context.hosts.list()).toEqual([]);
    expect(world.decisions.length).toBeGreaterThanOrEqual(6);
  });

  it('a body of megabytes is refused in words, with status 200', async () => {
    expect(await world.fos('inventory.php', `mac=${'x'.repeat(1_000_000)}`)).toMatch(/^fogd: .*too large/i);
    expect(world.decisions.at(-1)).toMatchObject({ event: 'request-failed', outcome: 'failed' });
  });
});
