import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { addMenuEntry, changeMenuEntry, removeMenuEntry } from '#actions/manage-menu.js';
import { createTask } from '#actions/manage-tasks.js';
import { hashPassword } from '#login/password.js';
import { writeSmallImage } from './small-image.js';
import { MAC, makeWorld, shellBase64, type World } from './world.js';

/** What people do at the boot menu (spec fos-protocol 1.8.5 to 1.8.8), in both dialects. */
const PASSWORD = 'correct horse+1 & battery';
let world: World;
/** Made once: it is slow on purpose. */
let hash: string;

beforeAll(async () => {
  hash = await hashPassword(PASSWORD);
});
beforeEach(() => start());
afterEach(() => world.close());

async function start(boot = ''): Promise<void> {
  world = await makeWorld(`[images]\nreserve_mib = 0\n[boot]\n${boot}`);
  await world.context.store.commit(() => world.context.users.add('ada', hash, 0, 'test'));
  const image = await addImage(world.context, { name: 'Office & more', path: 'office', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'office'));
  await world.context.store.commit(() => world.context.images.captured(image.id, 1, 1, 1));
}
async function restart(boot: string): Promise<void> {
  await world.close();
  await start(boot);
}

const headers = { 'content-type': 'application/x-www-form-urlencoded' };
const url = '/fog/service/ipxe/boot.php';
async function ask(
  fields: Record<string, string>,
  dialect = 'form',
  remoteAddress = '10.0.0.9',
): Promise<string> {
  const text = new URLSearchParams({ mac0: MAC, platform: 'pcbios', ...fields }).toString();
  const query = text.replaceAll('+', '%20');
  const answer =
    dialect === 'form'
      ? await world.app.inject({ method: 'POST', url, headers, body: text, remoteAddress })
      : await world.app.inject({ url: `${url}?${query}`, remoteAddress });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toMatch(/^#!ipxe\n/);
  return answer.body;
}
const login = { username: 'ada', password: PASSWORD };
const host = () => addHost(world.context, 'pc', [MAC], 'test');
const tasks = () => world.context.tasks.page({}).items;

describe.each(['form', 'query'])('a login at the menu, %s dialect', (dialect) => {
  it('with a wrong password is told so, forgets what was typed, and asks again', async () => {
    const text = await ask({ username: 'ada', password: 'wrong', qihost: '1' }, dialect);
    expect(text).toContain('echo Invalid login!\nclear username\nclear password\nsleep 3\n');
    expect(text).toMatch(
      dialect === 'form' ? /\nchain -ar http:\S+##params/ : /\nchain -ar http:\S+boot\.php\?/,
    );
    expect(world.decisions.at(-1)).toMatchObject({
      outcome: 'refused',
      reasons: ['wrong name or password'],
      facts: { script: 'login-refused' },
    });
  });

  it('of a host that chooses an image orders a deploy in that person’s name', async () => {
    await host();
    const list = await ask({ ...login, qihost: '1' }, dialect);
    const [image] = world.context.images.list();
    expect(list).toContain(`item image-${image?.id} Office _ more (${image?.id})`);
    expect(list).not.toContain('--timeout');
    const chosen = await ask({ ...login, qihost: '1', imageID: String(image?.id) }, dialect);
    expect(chosen).toContain('menuAccess');
    expect(tasks()).toMatchObject([{ typeId: 1, createdBy: 'ada', imageId: image?.id }]);
    expect(await ask({ menuAccess: '1' }, dialect)).toContain(' type=down');
  });

  it('of a machine that is no host deploys at once, without check-in and completion', async () => {
    const [image] = world.context.images.list();
    const script = await ask({ ...login, qihost: '1', imageID: String(image?.id) }, dialect);
    const line = /^kernel .*$/m.exec(script)?.[0] ?? '';
    expect(line).toMatch(new RegExp(` mac=${MAC} .* img=office .* capone=1 type=down `));
    const web = new URL(/ web=(\S+)/.exec(line)?.[1] ?? '').pathname;
    await world.app.inject({ method: 'HEAD', url: `${web}/index.php` });
    const [share] = [...world.exports.values()];
    expect(share).toMatchObject({ access: 'RO' });
    expect(readdirSync(join(share?.folder ?? '', 'office'))).toContain('d1p1.img');
    // It reports while it works, and says nothing at its end.
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.advance(60_000);
      await world.app.inject({
        method: 'POST',
        url: `${web}service/progress.php`,
        headers,
        body: 'status=Cg==',
      });
    }
    expect(world.exports.size).toBe(1);
    await world.clock.advance(301_000);
    await world.keeper.look();
    expect(world.exports.size).toBe(0);
    expect(tasks()).toEqual([]);
  });

  it('approves a pending host after a question, and has its hardware reported', async () => {
    const { id } = await host();
    await world.context.store.commit(() => world.context.hosts.change(id, { pending: true }));
    expect(await ask({}, dialect)).toContain('item fog.approvehost Approve This Host');
    const question = await ask({ ...login, approveHost: '1' }, dialect);
    expect(question).toContain(
      'prompt --key y Would you like to approve this host? (y/N): && goto yes || goto no',
    );
    expect(world.context.hosts.byId(id)?.pending).toBe(true);
    expect(await ask({ ...login, approveHost: '1', aprvconf: '1' }, dialect)).toContain(
      'echo Host approved successfully',
    );
    expect(world.context.hosts.byId(id)?.pending).toBe(false);
    expect(await ask({}, dialect)).toContain('mode=inventory');
  });

  it('asks for a product key, and keeps it', async () => {
    const { id } = await host();
    expect(await ask({ ...login, keyreg: '1' }, dialect)).toContain('read key\n');
    const key = 'ABCDE-12345-abcde-12345-ABCDE';
    expect(await ask({ ...login, keyreg: '1', key: 'short' }, dialect)).toContain('Failed to change key');
    expect(await ask({ ...login, keyreg: '1', key }, dialect)).toContain('Successfully changed key');
    expect(world.context.hosts.byId(id)?.productKey).toBe(key.toUpperCase());
    // Never to a boot prompt.
    expect(await ask({}, dialect)).not.toContain('ABCDE');
  });

  it.each<[string, RegExp]>([
    ['debugAccess', /^kernel .* isdebug=yes \|\| goto failed$/m],
    ['sessionJoin', /does not multicast yet/],
    ['menuaccess', /menuAccess/],
    ['advLog', /echo advanced for the few/],
  ])('%s', async (action, expected) => {
    await restart('advanced_script = "echo advanced for the few"\nadvanced_login = true');
    expect(await ask({ ...login, [action]: '1' }, dialect)).toMatch(expected);
    expect(await ask({ username: 'ada', password: 'no', [action]: '1' }, dialect)).toContain(
      'Invalid login!',
    );
    expect(await ask({ [action]: '1' }, dialect)).not.toMatch(/isdebug|for the few/);
  });
});

describe('logins', () => {
  it('are limited per address: the sixth within five minutes waits, another address does not', async () => {
    for (let time = 0; time < 5; time++) await ask({ username: 'ada', password: `no${time}`, qihost: '1' });
    expect(await ask({ ...login, qihost: '1' })).toContain('Too many failed logins: wait 300 s');
    expect(await ask({ ...login, qihost: '1' }, 'form', '10.0.0.10')).toContain('item image-');
    await world.clock.advance(300_001);
    expect(await ask({ ...login, qihost: '1' })).toContain('item image-');
  });

  it('a name that is not there is answered as a wrong password', async () => {
    const wrong = await ask({ username: 'ada', password: 'no', qihost: '1' });
    expect(await ask({ username: 'nobody', password: 'no', qihost: '1' })).toBe(wrong);
  });

  it('name and password are in no file, no decision and no log that fogd wrote', async () => {
    await ask({ ...login, qihost: '1' }, 'query');
    await ask({ username: 'Secret-Name', password: PASSWORD, qihost: '1' }, 'query');
    await world.fos(
      'checkcredentials.php',
      `username=${shellBase64('ada')}&password=${shellBase64(PASSWORD)}`,
    );
    expect(JSON.stringify(world.decisions)).not.toMatch(/correct horse|Secret-Name/);
    const folder = join(world.images, '..');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.startsWith('fogd.sqlite')) continue;
      expect(readFileSync(join(folder, name), 'latin1'), name).not.toMatch(/correct horse|Secret-Name/);
    }
  });

  it('of a full registration: right, wrong, too often (spec 3.15)', async () => {
    const check = (password: string) =>
      world.fos('checkcredentials.php', `username=${shellBase64('ada')}&password=${shellBase64(password)}`);
    expect(await check(PASSWORD)).toBe('#!ok');
    for (let time = 0; time < 5; time++) expect(await check('no')).toBe('#!il');
    expect(await check(PASSWORD)).toBe('#!rl');
  });
});

describe('the menu', () => {
  const items = (text: string) =>
    [...text.matchAll(/^item (?!--gap)(?:--key \S+ )?(\S+)/gm)].map((match) => match[1]);

  it('has FOG’s entries for each kind of machine', async () => {
    const all = ['fog.local', 'fog.memtest', 'fog.deployimage', 'fog.multijoin', 'fog.sysinfo'];
    expect(items(await ask({})).sort()).toEqual([...all, 'fog.reginput', 'fog.reg'].sort());
    const { id } = await host();
    expect(items(await ask({})).sort()).toEqual([...all, 'fog.keyreg'].sort());
    expect(items(await ask({ debug: '' })).sort()).toEqual([...all, 'fog.keyreg', 'fog.debug'].sort());
    await world.context.store.commit(() => world.context.hosts.change(id, { pending: true }));
    expect(items(await ask({})).sort()).toEqual([...all, 'fog.approvehost'].sort());
  });

  it('has own entries, changed ones, a default and hot keys', async () => {
    await addMenuEntry(world.context, {
      name: 'netboot',
      description: 'netboot.xyz',
      script: 'chain http://boot.netboot.xyz',
      hotKey: 'F9',
      isDefault: true,
    });
    await addMenuEntry(world.context, {
      name: 'stress',
      description: 'Stress',
      kernelArgs: 'mode=stress x=1',
    });
    await changeMenuEntry(world.context, 'fog.multijoin', { enabled: false });
    const text = await ask({});
    expect(text).toContain('item --key 0x157e netboot netboot.xyz\n');
    expect(text).toContain('choose --default netboot ');
    expect(text).toContain(':netboot\nchain http://boot.netboot.xyz\ngoto MENU\n');
    expect(text).toMatch(/:stress\nkernel .* mode=stress x=1 \|\| goto failed\n/);
    expect(items(text)).not.toContain('fog.multijoin');
    await removeMenuEntry(world.context, 'fog.multijoin');
    await removeMenuEntry(world.context, 'netboot');
    expect(await ask({})).toContain('choose --default fog.local ');
  });

  it.each([
    [{ name: 'a b', description: 'x', script: 'y' }],
    [{ name: 'x', description: 'x' }],
    [{ name: 'x', description: 'x', kernelArgs: 'a=$(reboot)' }],
    [{ name: 'x', description: 'x', script: ':MENU' }],
    [{ name: 'x', description: 'x', script: 'y', hotKey: 'F1' }],
    [{ name: 'fog.local', description: 'x', script: 'y' }],
    [{ name: 'bootme', description: 'x', script: 'y' }],
  ])('takes no entry like %j', async (entry) => {
    await expect(addMenuEntry(world.context, entry)).rejects.toThrow(/menu entry/);
    expect(world.context.menu.list().every(({ id }) => id < 100)).toBe(true);
  });

  it('that is hidden shows itself to who presses the key and logs in', async () => {
    await restart('menu_hidden = true\nhidden_key = "F8"\nhidden_timeout = 5');
    expect(await ask({})).toContain(
      'prompt --key 0x147e --timeout 5000 Booting... (Press F8 to access the menu) && goto menuAccess ||\nsanboot ',
    );
    expect(await ask({ platform: 'efi' })).toContain('prompt --key 0x1b ');
    expect(await ask({ menuAccess: '1' })).not.toContain('prompt');
  });

  it('is not there for hosts where boot.no_menu says so', async () => {
    await restart('no_menu = true');
    expect(await ask({})).toContain('\nchoose ');
    await host();
    expect((await ask({})).trim().split('\n').at(-1)).toBe('sanboot --no-describe --drive 0x80');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    expect(await ask({})).toContain('mode=inventory');
  });

  it.each([
    ['grub_first_found_windows', 'grub.exe --config-file="find --set-root /BOOTMGR;chainloader /BOOTMGR" ||'],
    [
      'refind_efi',
      'imgfetch ${boot-url}/service/ipxe/refind.conf || goto MENU\nchain -ar ${boot-url}/service/ipxe/refind_x64.efi ||',
    ],
    ['exit', 'exit 1 ||'],
  ])('goes on to the disk by %s where the host says so', async (biosExit, expected) => {
    await host();
    await changeHost(world.context, 'pc', { biosExit });
    expect(await ask({ arch: 'x86_64' })).toContain(`${expected} goto MENU`);
  });

  it('tells that a primary MAC is ignored for imaging, and starts no task', async () => {
    await host();
    const second = '02:00:00:00:00:02';
    const put = (mac: string, payload: object) =>
      world.api.inject({ method: 'PUT', url: `/api/v1/hosts/pc/macs/${mac}`, payload });
    await put(second, {});
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    expect(await ask({ mac1: second })).toContain('mode=inventory');
    await put(MAC, { imageIgnore: true });
    const text = await ask({ mac1: second });
    expect(text).toContain('echo The MAC Address is set to be ignored for imaging tasks\nsleep 15\n');
    expect(text).not.toContain('mode=inventory');
    // By the ignored one alone it is nobody.
    expect(await ask({})).toContain('Host is NOT registered!');
    await put(second, { primary: true });
    expect(await ask({ mac1: second })).toContain(`mac=${second} `);
    const gone = await world.api.inject({ method: 'DELETE', url: `/api/v1/hosts/pc/macs/${MAC}` });
    expect(gone.json()).toMatchObject({ macs: [second] });
  });

  it.each<[string, 'PUT' | 'DELETE', string, object | undefined, number, string]>([
    ['a MAC of another host', 'PUT', '02:00:00:00:00:09', {}, 409, 'MAC_TAKEN'],
    ['no MAC', 'PUT', 'hello', {}, 400, 'MAC_BAD'],
    ['to lose its primary MAC', 'DELETE', MAC, undefined, 409, 'MAC_PRIMARY'],
    ['to lose what it has not', 'DELETE', '02:00:00:00:00:05', undefined, 404, 'MAC_UNKNOWN'],
  ])('a host cannot be given %s', async (_, method, mac, payload, status, title) => {
    await host();
    await addHost(world.context, 'other', ['02:00:00:00:00:09'], 'test');
    const url = `/api/v1/hosts/pc/macs/${mac}`;
    const answer = await world.api.inject({ method, url, ...(payload ? { payload } : {}) });
    expect({ status: answer.statusCode, ...(answer.json() as object) }).toMatchObject({ status, title });
    expect(world.context.hosts.byName('pc')?.macs).toHaveLength(1);
  });

  it('takes a host’s own kernel for its kind of processor only', async () => {
    await host();
    await changeHost(world.context, 'pc', { kernel: 'bzImage-6.6' });
    expect(await ask({ arch: 'x86_64' })).toContain('kernel bzImage-6.6 ');
    expect(await ask({ arch: 'arm64' })).toContain('kernel arm_Image ');
  });

  it.each(['x\nboot evil', 'a ${net0/mac} b', 'a || reboot', 'a && b', '"quoted" #'])(
    'no text of an admin or a machine is an iPXE command: %j',
    async (text) => {
      await host();
      await world.context.store.commit(() =>
        world.context.menu.put({
          id: 200,
          name: 'own',
          description: text,
          shownTo: 'all',
          action: 'local',
          argument: '',
          hotKey: '',
          isDefault: false,
          enabled: true,
        }),
      );
      const line = (await ask({ product: text, filename: text }))
        .split('\n')
        .find((row) => row.startsWith('item own'));
      expect(line).toMatch(/^item own [A-Za-z0-9 .,:;()@+=!?/%_-]*$/);
    },
  );

  it('the advanced script is public only where it needs no login', async () => {
    await restart('advanced_script = "echo advanced"\nadvanced_login = true');
    expect(items(await ask({}))).toContain('fog.advancedlogin');
    const get = () => world.app.inject({ url: '/fog/service/ipxe/advanced.php' });
    expect((await get()).body).not.toContain('echo advanced\n');
    await restart('advanced_script = "echo advanced"');
    expect(items(await ask({}))).toContain('fog.advanced');
    expect((await get()).body).toBe('#!ipxe\necho advanced\n');
  });
});

describe('a machine behind a router', () => {
  it.each([
    ['allow', / type=down /],
    ['deny', /boot.unverified_clients is _deny_/],
    ['ask', /waits for a login at this machine\.\nlogin/],
  ])('boot.unverified_clients = %s', async (rule, expected) => {
    await restart(`unverified_clients = "${rule}"`);
    await host();
    await createTask(world.context, { host: 'pc', type: 'deploy', image: 'office' }, 'test');
    expect(await ask({})).toMatch(expected);
    // One that is seen on the wire is itself.
    world.neighbours.set('10.0.0.9', MAC);
    expect(await ask({})).toMatch(/ type=down /);
    world.neighbours.delete('10.0.0.9');
    if (rule === 'ask') {
      expect(await ask({ username: 'ada', password: 'no' })).not.toMatch(/ type=down /);
      expect(await ask(login)).toMatch(/ type=down /);
    }
  });
});
