import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) =>
  world.api.inject({ method, url: `/api/v1${url}`, ...(body ? { body } : {}) });

describe('control API', () => {
  it('adds, shows, lists and removes a host', async () => {
    const added = await call('POST', '/hosts', {
      name: 'pc1',
      macs: ['00-11-22-33-44-55', '02:00:00:00:00:02'],
    });
    expect({ status: added.statusCode, body: added.json() }).toMatchObject({
      status: 201,
      body: { name: 'pc1', macs: [MAC, '02:00:00:00:00:02'] },
    });
    expect((await call('GET', '/hosts/02:00:00:00:00:02')).json()).toMatchObject({ name: 'pc1', tasks: [] });
    expect((await call('GET', '/hosts')).json()).toMatchObject({ total: 1 });
    expect((await call('DELETE', '/hosts/PC1')).statusCode).toBe(200);
    expect((await call('GET', '/hosts')).json()).toEqual({ items: [], total: 0 });
  });

  it.each([
    ['a name that exists', { name: 'PC1', macs: ['02:00:00:00:00:09'] }, 409, 'HOST_EXISTS'],
    ['a MAC that is taken', { name: 'pc2', macs: [MAC] }, 409, 'MAC_TAKEN'],
    ['a bad name', { name: 'a b', macs: ['02:00:00:00:00:09'] }, 400, 'HOST_NAME_BAD'],
    ['a bad MAC', { name: 'pc2', macs: ['xyz'] }, 400, 'MAC_BAD'],
    ['no MAC', { name: 'pc2', macs: [] }, 400, 'REQUEST_INVALID'],
    ['an unknown field', { name: 'pc2', macs: ['02:00:00:00:00:09'], admin: true }, 400, 'REQUEST_INVALID'],
  ])('refuses %s with a problem and a remedy, and changes nothing', async (_, body, status, title) => {
    await call('POST', '/hosts', { name: 'pc1', macs: [MAC] });
    const answer = await call('POST', '/hosts', body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect({ status: answer.statusCode, title: (answer.json() as { title: string }).title }).toEqual({
      status,
      title,
    });
    expect(world.context.hosts.list()).toHaveLength(1);
  });

  it('shows the settings, none of which is a secret', async () => {
    const settings = (await call('GET', '/settings')).json() as Record<string, object>;
    expect(settings).toEqual(world.context.settings);
    // The one to come must not be shown here. A secret is a text.
    const texts = Object.values(settings).flatMap((section) =>
      Object.entries(section).flatMap(([name, value]) => (typeof value === 'string' ? [name] : [])),
    );
    expect(texts.filter((name) => /passw|secret|passphrase|credential/.test(name))).toEqual([]);
  });

  it('says that a host is unknown', async () => {
    for (const [method, url] of [
      ['GET', '/hosts/x'],
      ['DELETE', '/hosts/x'],
      ['POST', '/hosts/x/inventory'],
      ['GET', '/trace/x'],
    ] as const) {
      expect((await call(method, url)).json()).toMatchObject({ status: 404, title: 'HOST_UNKNOWN' });
    }
  });

  it('cancels a task; the machine is then told that it has none', async () => {
    await call('POST', '/hosts', { name: 'pc1', macs: [MAC] });
    await call('POST', '/hosts/pc1/inventory');
    const machine = await world.boot();
    expect((await call('POST', '/hosts/pc1/cancel')).json()).toMatchObject({ task: null });
    expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=`)).toMatch(
      /^task 1 is over \(cancelled by cli\)/,
    );
    expect((await call('POST', '/hosts/pc1/cancel')).json()).toMatchObject({ title: 'NO_TASK' });
  });
});
