import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import { TASK_TYPES } from '#domain/task-type.js';
import { writeSmallImage } from './services/http/small-image.js';
import { MAC, makeWorld, type World } from './services/http/world.js';

/** Traps of spec fos-protocol 8.1 that hold for all endpoints or all scripts at once, as far as no other test has them. Nos. 22 and 26 have no test. */

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n[tasks]\nclamav_share = "10.0.0.5:/clamav"\n');
});
afterEach(() => world.close());

const machineRoutes = (method: string) =>
  world.routes.filter((route) => route.method === method && route.url.startsWith('/fog/'));
const kernelLine = (script: string) => script.split('\n').find((line) => line.startsWith('kernel ')) ?? '';

it('3. "POST redirected by 301/302 becomes GET without a body": nothing that a machine asks is ever redirected', async () => {
  const routes = [...machineRoutes('POST'), ...machineRoutes('GET')];
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

describe('16., 31., 32. of every task', () => {
  it.each(
    TASK_TYPES.filter(({ key, boots }) => boots === undefined && key !== 'multicast').map(({ key }) => key),
  )(
    '%s: a kernel line within 2048 bytes, never both `type` and `mode`, no empty `wipemode`',
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
