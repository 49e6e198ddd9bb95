import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addHost, findHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask, describeTask, type TaskOrder, taskById } from '#actions/manage-tasks.js';
import { chooseBootFile } from '#boot/architecture.js';
import { defaultScript } from '#boot/default-ipxe.js';
import { KERNEL_WORD } from '#boot/kernel-line.js';
import { TASK_TYPES } from '#domain/task-type.js';
import { hashPassword } from '#login/password.js';
import { writeSmallImage } from './services/http/small-image.js';
import { type BootedMachine, shellBase64 as b64, MAC, makeWorld, type World } from './services/http/world.js';

/**
 * The conformance checklist of spec fos-protocol 10: each line is quoted, and shown by a short walk through it. The details have tests of
 * their own room; what runs against real clients is in test/interop and test/lab.
 */

let world: World;
let hash: string;
beforeAll(async () => {
  hash = await hashPassword('correct-horse');
});
afterEach(() => world?.close());

async function start(toml = ''): Promise<void> {
  world = await makeWorld(`[images]\nreserve_mib = 0\n${toml}`);
  await world.context.store.commit(() => world.context.users.add('ada', hash, 0, 'test'));
  const image = await addImage(world.context, { name: 'base', format: 3, osId: 9 }, 'test');
  writeSmallImage(join(world.images, 'base'));
  await world.context.store.commit(() => world.context.images.captured(image.id, 1, 1, 1));
}
const host = (name = 'pc', mac = MAC) => addHost(world.context, name, [mac], 'test');
const order = (more: Partial<TaskOrder> = {}) =>
  createTask(world.context, { host: 'pc', type: 'deploy', image: 'base', ...more }, 'test');
const state = (id: number) => describeTask(world.context, taskById(world.context, id)).state;
const booted = async (mac = MAC) => {
  const machine = await world.boot(mac);
  await machine.head();
  return machine;
};
const macOf = (number: number) =>
  `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
const DOWN = `mac=${MAC}&type=down`;

describe('1. "DHCP/ProxyDHCP answers per 1.1 for arch 0, 2, 6, 7, 8, 9, 11"', () => {
  it.each([
    [0, 'undionly.kpxe'],
    [2, 'i386-efi/snponly.efi'],
    [6, 'i386-efi/snponly.efi'],
    [7, 'snponly.efi'],
    [8, 'snponly.efi'],
    [9, 'snponly.efi'],
    [11, 'arm64-efi/snponly.efi'],
  ])('arch %i boots %s', (arch, file) => {
    const url = 'http://10.0.0.1/default.ipxe';
    const urls = { script: url, file: (name: string) => name };
    expect(chooseBootFile({ arch, isIpxe: false }, urls, () => true)).toMatchObject({ kind: 'file', file });
    expect(chooseBootFile({ arch, isIpxe: true }, urls, () => true)).toMatchObject({ kind: 'url', url });
  });
});

it('2. "TFTP serves binaries and a generated `default.ipxe` (CRLF-free)"', () => {
  const script = defaultScript('http://10.0.0.1/fog/service/ipxe/boot.php');
  expect(script).toMatch(/^#!ipxe\n/);
  expect(script).not.toContain('\r');
});

describe('3. "`boot.php`: unregistered, registered, pending, no-menu, hidden, login ok/bad, image list, session, key, task scripts for every type; content type text/plain; always 200"', () => {
  const ask = async (fields: Record<string, string> = {}) => {
    const query = new URLSearchParams({ mac0: MAC, ...fields });
    const answer = await world.app.inject(`/fog/service/ipxe/boot.php?${query}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toMatch(/^#!ipxe\n[^\r]*$/);
    return answer.body;
  };
  const login = { username: 'ada', password: 'correct-horse' };

  it('menus', async () => {
    await start();
    expect(await ask()).toContain('Host is NOT registered!');
    const { id } = await host();
    expect(await ask()).toContain('Host is registered as pc');
    await world.context.store.commit(() => world.context.hosts.change(id, { pending: true }));
    expect(await ask()).toContain('fog.approvehost');
    expect(await ask({ ...login, password: 'x' })).toContain('Invalid login');
    await world.context.store.commit(() => world.context.hosts.change(id, { pending: false }));
    expect(await ask({ ...login, qihost: '1' })).toContain('base');
    expect(await ask({ ...login, keyreg: '1' })).toContain('read key');
    expect(await ask({ ...login, sessionJoin: '1' })).toContain('does not multicast yet');
  });

  it.each([
    ['no_menu = true', 'sanboot'],
    ['menu_hidden = true', 'prompt'],
  ])('%s', async (setting, line) => {
    await start(`[boot]\n${setting}\n`);
    await host();
    const script = await ask();
    expect(script).toContain(line);
    if (setting.startsWith('no_menu')) expect(script).not.toContain('item ');
  });

  it.each(
    Object.values(TASK_TYPES)
      .filter(({ key, boots }) => boots !== 'nothing' && !/multicast|snapin/.test(key))
      .map(({ key }) => key),
  )('the task %s', async (type) => {
    await start('[tasks]\nclamav_share = "10.0.0.5:/clamav"\n');
    await host();
    await order({ type, account: 'Administrator' });
    const script = await ask();
    expect(script).toMatch(
      type === 'memtest' ? /memtest/ : / web=http:\/\/10\.0\.0\.1\/fog\/t\/[0-9a-f]{32}\/ /,
    );
  });
});

it('4. "iPXE files folder incl. `bg.png`, memdisk, rEFInd": whatever is among the boot files', async () => {
  await start();
  for (const name of ['bg.png', 'memdisk', 'refind_x64.efi']) {
    writeFileSync(join(world.bootFiles, name), name);
    expect((await world.app.inject(`/fog/service/ipxe/${name}`)).body).toBe(name);
  }
});

it('5. "HEAD of `index.php` incl. double slash"', async () => {
  await start();
  for (const url of ['/fog/index.php', '/fog//index.php', `/fog/t/${'0'.repeat(32)}//index.php`])
    expect((await world.app.inject({ method: 'HEAD', url })).statusCode).toBe(200);
});

it.each([
  ['plain', MAC],
  ['upper case', MAC.toUpperCase()],
  ['base64', b64(MAC)],
  ['a list', `02:00:00:00:00:01|${MAC}`],
  ['a wrapped list in base64', b64([macOf(1), macOf(2), macOf(3), macOf(4), MAC].join('|'))],
  ['base64 with + as blank', b64(`${MAC}|>>>>`).replaceAll('+', ' ')],
])('6. "MAC decoding plain and base64, `|` lists, wrapped base64, `+`/space": %s', async (_, mac) => {
  await start();
  await host();
  expect(await world.fos('man.hostexists.php', `mac=${mac}`)).toBe('This machine already registered as pc');
});

describe('7. "Check-in queue: full, ordered, expired, forced, failed node"', () => {
  it('full, ordered, expired, forced', async () => {
    await start('[tasks]\nmax_clients = 1\n');
    const machines: BootedMachine[] = [];
    for (const number of [1, 2, 3, 4]) {
      await host(`pc${number}`, macOf(number));
      await order({ host: `pc${number}`, forced: number === 4 });
      machines.push(await booted(macOf(number)));
    }
    const ask = (number: number) =>
      machines[number - 1]?.fos('Pre_Stage1.php', `mac=${macOf(number)}&type=down`);
    expect(await ask(1)).toBe('##@GO');
    expect(await ask(2)).toBe('No open slots, There are 0 before me.');
    await world.clock.advance(1000);
    expect(await ask(3)).toBe('No open slots, There are 1 before me.');
    expect(await ask(4)).toBe('##@GO');
    for (const number of [1, 4])
      await machines[number - 1]?.fos('Post_Stage3.php', `mac=${macOf(number)}&type=down`);
    expect(await ask(3)).toBe('There are open slots, but 1 before me on this node.');
    await world.clock.advance(601_000);
    expect(await ask(3)).toBe('##@GO');
  });

  it('failed node', async () => {
    await start();
    await host();
    await order();
    const machine = await booted();
    await machine.fos('Pre_Stage1.php', DOWN);
    expect(await machine.fos('blame.php', DOWN)).toBe('##');
    expect(await (await booted()).fos('Pre_Stage1.php', DOWN)).toContain('is currently unavailable');
  });
});

describe('8. "Completion: idempotent, synchronous move, per type"', () => {
  it('of a deploy', async () => {
    await start();
    await host();
    const { id } = await order();
    const machine = await booted();
    await machine.fos('Pre_Stage1.php', DOWN);
    // Another type's endpoint is none of its.
    expect(await machine.fos('Post_Stage2.php', DOWN)).not.toBe('##');
    for (let call = 0; call < 3; call++) expect(await machine.fos('Post_Stage3.php', DOWN)).toBe('##');
    expect(state(id)).toBe('Complete');
  });

  it('of a capture: the image is in place when the answer comes', async () => {
    await start();
    await host();
    const { id } = await order({ type: 'capture' });
    const machine = await booted();
    expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=up`)).toBe('##@GO');
    const [share] = [...world.exports.values()];
    writeSmallImage(join(share?.folder ?? '', MAC.replaceAll(':', '')), 'second');
    expect(await machine.fos('Post_Stage2.php', `mac=${MAC}&type=up&osid=9`)).toBe('##');
    expect(await world.context.imageStore.published('base')).toMatchObject({ files: 3 });
    expect(await machine.fos('Post_Stage2.php', `mac=${MAC}&type=up&osid=9`)).toBe('##');
    expect(state(id)).toBe('Complete');
  });

  it('of a wipe', async () => {
    await start();
    await host();
    const { id } = await order({ type: 'fast-wipe' });
    const machine = await booted();
    expect(await machine.fos('Post_Wipe.php', `mac=${MAC}`)).toBe('##');
    expect(await machine.fos('Post_Wipe.php', `mac=${MAC}`)).toBe('##');
    expect(state(id)).toBe('Complete');
  });
});

it.each<[string, string, number | undefined]>([
  ['full', '  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000', 86.76],
  ['empty', '', undefined],
  ['six-field', '1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 12', 12],
  ['junk', '@@@@@@@@', undefined],
])('9. "Progress: full, empty, six-field, junk": %s', async (_, line, percent) => {
  await start();
  await host();
  const { id } = await order();
  const machine = await booted();
  await machine.fos('Pre_Stage1.php', DOWN);
  await world.clock.advance(5000);
  expect(await machine.fos('progress.php', `mac=${MAC}&status=${b64(line)}`)).toBe('');
  expect(taskById(world.context, id).progress?.percent).toBe(percent);
});

it.each([
  ['hdparm', 'Model=Samsung SSD 860 EVO, FwRev=RVT04B6Q, SerialNo=S3Z1NB0K'],
  ['smartctl', 'model=Samsung SSD 860 EVO, fwrev=RVT04B6Q, serialno=S3Z1NB0K'],
])('10. "Inventory: every field, hdparm and smartctl forms, unknown host": %s', async (_, disk) => {
  await start();
  expect(await world.fos('inventory.php', `mac=${b64(MAC)}&sysman=${b64('Maker')}`)).toBe('Invalid Host');
  const { id } = await host();
  const fields = ['sysman', 'sysserial', 'biosversion', 'mbman', 'cpuversion', 'caseasset', 'gpuvendors'];
  const body = fields.map((name) => `${name}=${b64(`of ${name}`)}`).join('&');
  expect(await world.fos('inventory.php', `mac=${MAC}&${body}&hdinfo=${b64(disk)}`)).toBe('Done');
  const kept = JSON.stringify(world.context.inventory.get(id));
  for (const name of fields) expect(kept).toContain(`of ${name}`);
  for (const part of ['Samsung SSD 860 EVO', 'RVT04B6Q', 'S3Z1NB0K']) expect(kept).toContain(part);
});

describe('11. "Registration: quick, quick with template, full, duplicate, disabled, bad name"', () => {
  const register = (fields: string) => world.fos('auto.register.php', fields);

  it('quick, and a duplicate', async () => {
    await start();
    expect(await register(`mac=${b64(MAC)}`)).toBe('Done');
    expect(await register(`mac=${b64(MAC)}`)).toContain('already registered as');
  });

  it('quick with template', async () => {
    await start('[registration]\nname = "PC-***"\n');
    await register(`mac=${b64(MAC)}`);
    expect(findHost(world.context, MAC).name).toBe('PC-001');
  });

  it('full, and a bad name', async () => {
    await start();
    const full = (name: string) => register(`mac=${b64(MAC)}&advanced=MQ==&host=${b64(name)}&imageid=0`);
    expect(await full('a b')).toContain('Unsafe hostname');
    expect(await full('lab-7')).toBe('Done, without imaging!');
  });

  it('disabled', async () => {
    await start('[registration]\nenabled = false\n');
    expect(await register(`mac=${b64(MAC)}`)).toContain('disabled');
    expect(world.context.hosts.list()).toEqual([]);
  });
});

it('12. "Listings with literal escapes; check endpoints"', async () => {
  await start();
  const get = async (name: string) => (await world.app.inject(`/fog/service/${name}.php`)).body;
  expect(await get('imagelisting')).toBe('\\tID# 1\\t-\\tbase\\n');
  expect(await get('grouplisting')).toBe('There are no groups on this server');
  expect([await get('locationcheck'), await get('oucheck')]).toEqual(['', '']);
});

it('13. "Exports, `.mntcheck`, script folders, `dev` writable as root": a root for each session', async () => {
  await start();
  await host();
  await order({ type: 'capture' });
  await booted();
  const [share] = [...world.exports.values()];
  expect(share).toMatchObject({ access: 'RW', pseudo: expect.stringMatching(/^\/t\/dev\/\d+$/) });
  expect(readdirSync(share?.folder ?? '').sort()).toEqual([
    '.mntcheck',
    MAC.replaceAll(':', ''),
    'postinitscripts',
  ]);
});

it('14. "Image move: missing source, existing destination, cross-device, hostile names": what is lost or hostile is no image', async () => {
  await start();
  await host();
  const { id } = await order({ type: 'capture' });
  const machine = await booted();
  await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=up`);
  const before = await world.context.imageStore.published('base');
  const [share] = [...world.exports.values()];
  rmSync(join(share?.folder ?? '', MAC.replaceAll(':', '')), { recursive: true });
  expect(await machine.fos('Post_Stage2.php', `mac=${MAC}&type=up`)).not.toBe('##');
  expect(await world.context.imageStore.published('base')).toEqual(before);
  expect(state(id)).toBe('Failed');
  for (const path of ['..', '.', 'dev', 'postdownloadscripts', 'a/b', '.x', 'a b', '$(id)'])
    await expect(addImage(world.context, { name: 'x', path }, 'test')).rejects.toMatchObject({
      code: 'IMAGE_FOLDER_BAD',
    });
});

it('15. "Image verifier: n/mps/mpa/dd, split, LVM, legacy": an image that is not whole is not deployed (all kinds: test/unit/images/image-check.test.ts)', async () => {
  await start();
  await host();
  await order();
  const machine = await booted();
  rmSync(join(world.images, 'base', 'd1p1.img'));
  expect(await machine.fos('Pre_Stage1.php', DOWN)).toContain('d1p1.img');
});

it('16. "Multicast: order, split concatenation, late joiner, cancelled member, port allocation": refused, and never claimed', async () => {
  await start();
  await host();
  await expect(order({ type: 'multicast' })).rejects.toMatchObject({ code: 'TASK_TYPE_OFF' });
  const { body } = await world.app.inject('/fog/service/getversion.php?caps=1');
  expect(body).not.toMatch(/mclvm|mcstreamid/);
});

it('17. "Values on the kernel line limited to a safe alphabet and 2048 bytes"', async () => {
  await start();
  const { id } = await host();
  await order();
  const change = (kernelArgs: string) =>
    world.context.store.commit(() => world.context.hosts.change(id, { kernelArgs }));
  await change('good=1 bad=$(reboot) worse=`x` quote="a" semi=;x');
  const { script } = await world.boot();
  const line = script.split('\n').find((text) => text.startsWith('kernel ')) ?? '';
  expect(line).toContain(' good=1 ');
  for (const word of line
    .replace(/ \|\| goto \w+$/, '')
    .split(' ')
    .slice(2))
    expect(word).toMatch(KERNEL_WORD);
  await change(`long=${'x'.repeat(3000)}`);
  expect((await world.boot()).script).toContain('the kernel line is');
});

it('18. "Unregistered deploy with `capone=1`"', async () => {
  await start();
  const query = new URLSearchParams({
    mac0: MAC,
    username: 'ada',
    password: 'correct-horse',
    qihost: '1',
    imageID: '1',
  });
  const { body } = await world.app.inject(`/fog/service/ipxe/boot.php?${query}`);
  expect(body).toMatch(/ capone=1( |$)/m);
  expect(body).toMatch(/ type=down( |$)/m);
});

it('19. "`taskerror.php` stores and shows the reason"', async () => {
  await start();
  await host();
  const { id } = await order();
  const machine = await booted();
  await machine.fos('Pre_Stage1.php', DOWN);
  await machine.fos('taskerror.php', `mac=${MAC}&type=error&text=No+disk+found&script=fog.download`);
  expect(describeTask(world.context, taskById(world.context, id))).toMatchObject({
    state: 'Failed',
    reason: 'No disk found',
  });
});

it('20. "Load: 200 machines polling check-in at 5 s and progress at 3 s": all are answered in their order (rates: bench/)', async () => {
  await start();
  const machines = await Promise.all(
    Array.from({ length: 200 }, async (_, number) => {
      await host(`pc${number}`, macOf(number));
      await order({ host: `pc${number}` });
      return booted(macOf(number));
    }),
  );
  const poll = () =>
    Promise.all(
      machines.map((machine, number) => machine.fos('Pre_Stage1.php', `mac=${macOf(number)}&type=down`)),
    );
  for (let round = 0; round < 2; round++) {
    const answers = await poll();
    expect(answers.filter((answer) => answer === '##@GO')).toHaveLength(10);
    expect(answers.filter((answer) => answer.startsWith('No open slots'))).toHaveLength(190);
    await world.clock.advance(5000);
  }
  const line = b64('  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000');
  const told = await Promise.all(machines.map((machine) => machine.fos('progress.php', `status=${line}`)));
  expect(new Set(told)).toEqual(new Set(['']));
});
