import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import { TASK_TYPES } from '#domain/task-type.js';
import { repository } from './golden.js';
import { writeSmallImage } from './services/http/small-image.js';
import { MAC, makeWorld, type World } from './services/http/world.js';

/** Traps of spec fos-protocol 8.1 that hold for all endpoints or all scripts at once; the last test says where the others are. */

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n[tasks]\nclamav_share = "10.0.0.5:/clamav"\n');
});
afterEach(() => world.close());

const machineRoutes = async (method: string) =>
  (await world.routes()).filter((route) => route.method === method && route.url.startsWith('/fog/'));
const kernelLine = (script: string) => script.split('\n').find((line) => line.startsWith('kernel ')) ?? '';

it('3. "POST redirected by 301/302 becomes GET without a body": nothing that a machine asks is ever redirected', async () => {
  const routes = [...(await machineRoutes('POST')), ...(await machineRoutes('GET'))];
  expect(routes.length).toBeGreaterThan(50);
  for (const { method, url } of routes) {
    const path = url.replace(':token', 'x').replace(/:name|\*/, 'y');
    const answer = await world.app.inject({ method: method as 'GET' | 'POST', url: path });
    expect(answer.statusCode >= 300 && answer.statusCode < 400, `${method} ${url}`).toBe(false);
    expect(answer.headers.location, `${method} ${url}`).toBeUndefined();
  }
});

it('8. "Send `mac=` in lower case", whatever letters iPXE or the admin used', async () => {
  await addHost(world.context, 'pc', ['00:AB:CD:EF:00:11'], 'test');
  await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
  const { script } = await world.boot('00:AB:CD:ef:00:11');
  expect(kernelLine(script)).toContain(' mac=00:ab:cd:ef:00:11 ');
});

describe('12. "Empty bodies: `inventory.php`, `auto.register.php`, `capone.php` loop on empty; `man.hostexists.php` empty is fatal"', () => {
  // Of capone.php an empty body is the answer "none", which ends the loop after a minute (3.17; capone.test.ts).
  it.each(['inventory.php', 'auto.register.php', 'man.hostexists.php'])(
    '%s always says something',
    async (endpoint) => {
      for (const body of ['', 'mac=', `mac=${MAC}`, 'mac=%00', 'action=dmi', 'mac=!!!&action=x', '&&&='])
        expect((await world.fos(endpoint, body)).trim(), body).not.toBe('');
    },
  );
});

describe('5., 16., 17., 19., 31., 32. of every task', () => {
  it.each(
    TASK_TYPES.filter(({ key, boots }) => boots === undefined && key !== 'multicast').map(({ key }) => key),
  )(
    '%s: a kernel line within 2048 bytes, never both `type` and `mode`, no empty `wipemode`, `web=` with a trailing slash',
    async (type) => {
      const image = await addImage(world.context, { name: 'base', format: 3 }, 'test');
      writeSmallImage(join(world.images, 'base'));
      await world.context.store.commit(() => world.context.images.captured(image.id, 1, 1, 1));
      await addHost(world.context, 'pc', [MAC], 'test');
      await createTask(world.context, { host: 'pc', type, image: 'base', account: 'Administrator' }, 'test');
      const line = kernelLine((await world.boot()).script);
      expect(line).not.toBe('');
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2048);
      expect(/ type=/.test(line) && / mode=/.test(line)).toBe(false);
      expect(line).not.toMatch(/ wipemode=( |$)/);
      expect(line).toMatch(/ web=http:\/\/\S+\/ /);
      // A root of its own for each session has the scripts wherever it is mounted (spec 11.8); what writes is below dev.
      expect(/ storage=\S+\/dev\/\d+\/ /.test(line)).toBe(/ (type=up|mode=photorec)\b/.test(line));
      if (/ type=/.test(line)) expect(line).toContain(' hostname=pc');
    },
  );
});

it('33. "Inventory is posted by pending/unregistered hosts too; answer non-empty", and nothing is stored for a stranger', async () => {
  expect(await world.fos('inventory.php', `mac=${MAC}&sysman=WA==`)).not.toBe('');
  expect(world.context.hosts.list()).toEqual([]);
});

it('35. "HTTP server must allow long requests": the listener sets no time limit on an idle socket', () => {
  expect(world.app.server.timeout).toBe(0);
});

it('24. "iPXE forms from the stored menu have no `platform`": the answer to what was chosen there is the same', async () => {
  const ask = async (more: string) => {
    const url = `/fog/service/ipxe/boot.php?mac0=${MAC}&menuAccess=1${more}`;
    return (await world.app.inject({ url })).body.replaceAll(/\/t\/\w+\//g, '/t/SESSION/');
  };
  expect(await ask('')).toBe(await ask('&platform=pcbios'));
});

it('25. "Parameter names `menuAccess` and `menuaccess` are different things": one shows the hidden menu, the other asks to', async () => {
  await world.close();
  world = await makeWorld('[boot]\nmenu_hidden = true\n');
  const ask = async (field: string) =>
    (await world.app.inject({ url: `/fog/service/ipxe/boot.php?mac0=${MAC}&${field}=1` })).body;
  expect(await ask('menuAccess')).not.toContain('to access the menu');
  expect(await ask('menuaccess')).toContain('to access the menu');
});

it('26. "Relative kernel/init names are resolved against the boot.php URL": no script chains to another folder', async () => {
  await world.close();
  world = await makeWorld('[boot]\nadvanced_script = "shell"\n');
  const folder = 'http://10.0.0.1/fog/service/ipxe/';
  for (const method of ['GET', 'POST'] as const) {
    const fields = `mac0=${encodeURIComponent(MAC)}&platform=efi`;
    const url = `/fog/service/ipxe/boot.php${method === 'GET' ? `?${fields}` : ''}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { body } = await world.app.inject({
      method,
      url,
      ...(method === 'POST' ? { headers, body: fields } : {}),
    });
    const chained = [...body.matchAll(/^chain (?:-\S+ )*(\S+)/gm)].map(([, target = '']) => target);
    expect(chained.length).toBeGreaterThan(1);
    for (const target of chained)
      expect(target.replace(/[?#].*/, '')).toMatch(new RegExp(`^${folder}[a-z]+\\.php$`));
    const files = [...body.matchAll(/^(?:kernel|initrd|imgfetch) (?:--\S+ \S+ )*(\S+)/gm)];
    expect(files.length).toBeGreaterThan(1);
    for (const [, file = ''] of files) expect(new URL(file, `${folder}boot.php`).href).toBe(folder + file);
  }
});

it('30. "Debug tasks: nothing is sent until the operator types `fog`; check-in may come hours later"', async () => {
  const image = await addImage(world.context, { name: 'base', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'base'));
  await world.context.store.commit(() => world.context.images.captured(image.id, 1, 1, 1));
  await addHost(world.context, 'pc', [MAC], 'test');
  const { id } = await createTask(world.context, { host: 'pc', type: 'deploy-debug', image: 'base' }, 'test');
  const machine = await world.boot();
  expect(await machine.head()).toBe(200);
  for (let hour = 0; hour < 10; hour++) {
    await world.clock.advance(3_600_000);
    await world.keeper.look();
  }
  expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=down`)).toBe('##@GO');
  expect(world.exports.size).toBe(1);
  expect(await machine.fos('Post_Stage3.php', `mac=${MAC}&type=down`)).toBe('##');
  expect(world.context.tasks.byId(id)?.state).toBe(4);
});

/** Nos. of 8.1, and the test (file below test/unit, words of its title) that has them. 22 comes with multicast. */
const ELSEWHERE: ReadonlyArray<readonly [no: number, file: string, title: string]> = [
  [1, 'services/http/protocol.test.ts', 'every answer is plain text without decoration'],
  [
    2,
    'services/http/fos.test.ts',
    'inventory takes a plain or a base64 MAC, wrapped values, raw + and trailing newlines',
  ],
  [4, 'services/http/fos.test.ts', '/fog//index.php'],
  [6, 'conformance.test.ts', '.mntcheck'],
  [7, 'services/nfs/config.test.ts', '%s is as its golden'],
  [9, 'services/http/tasks.test.ts', '%s checks in as type %s'],
  [
    10,
    'services/http/imaging.test.ts',
    'is published once when eleven completion calls come at the same moment',
  ],
  [11, 'services/http/nodes.test.ts', '%s gets the text of the protocol (spec 3.1)'],
  [13, 'services/http/registration.test.ts', 'imagelisting.php'],
  [14, 'services/http/protocol.test.ts', 'a bare 0 is none (spec 8.1 no. 14)'],
  [15, 'services/http/fos.test.ts', 'inventory takes a plain or a base64 MAC'],
  [
    18,
    'services/http/menu.test.ts',
    'of a machine that is no host deploys at once, without check-in and completion',
  ],
  [20, 'services/http/api-images.test.ts', 'refuses to add %s, and changes nothing'],
  [21, 'images/image-check.test.ts', 'in pieces'],
  [23, 'domain/progress.test.ts', 'the way of a whole image'],
  [27, 'services/http/boot.test.ts', 'never answers an HTTP error'],
  [28, 'services/http/menu.test.ts', 'no text of an admin or a machine is an iPXE command'],
  [29, 'services/http/tasks.test.ts', 'a wipe is never started twice'],
  [34, 'conformance.test.ts', 'getversion.php?caps=1'],
];

it('each trap has its test', () => {
  const here = readFileSync(new URL('test/unit/traps.test.ts', repository), 'utf8');
  const quoted = [...here.matchAll(/^(?:it|describe)\('((?:\d+\., )*\d+\.)/gm)].flatMap(([, numbers = '']) =>
    numbers.split(',').map(Number.parseFloat),
  );
  const all = [...quoted, ...ELSEWHERE.map(([no]) => no)].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 35 }, (_, n) => n + 1).filter((no) => no !== 22));
  for (const [no, file, title] of ELSEWHERE)
    expect(readFileSync(new URL(`test/unit/${file}`, repository), 'utf8').includes(title), `no. ${no}`).toBe(
      true,
    );
});
