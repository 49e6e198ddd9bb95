import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSmallImage } from './small-image.js';
import { MAC, makeWorld, shellBase64, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n[tasks]\nmax_clients = 1');
  await call('POST', '/hosts', { name: 'pc1', macs: [MAC] });
  await call('POST', '/hosts', { name: 'pc2', macs: [SECOND] });
});
afterEach(() => world.close());

const SECOND = '02:00:00:00:00:02';
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const call = (method: Method, url: string, body?: object) =>
  world.api.inject({ method, url: `/api/v1${url}`, ...(body ? { body } : {}) });
/** Status, title and type of a refusal, and that a remedy is in it. */
async function refusal(method: Method, url: string, body?: object) {
  const answer = await call(method, url, body);
  const { title, remedy } = answer.json() as { title?: string; remedy?: string };
  const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json');
  return { status: answer.statusCode, title, isProblem, hasRemedy: (remedy ?? '') !== '' };
}
const problem = (status: number, title: string) => ({
  status,
  title,
  isProblem: true,
  hasRemedy: true,
});
const addBase = () => call('POST', '/images', { name: 'base', format: 3 });
const withFiles = async () => {
  await addBase();
  writeSmallImage(join(world.images, 'base'));
};
const body = (type: string, mac: string) => `sysuuid=&mac=${mac}&type=${type}`;

describe('the API of images', () => {
  it('adds, shows by name, folder and number, lists and removes', async () => {
    const added = await call('POST', '/images', {
      name: 'Windows 10 (2H)',
      type: 'n',
      osId: 9,
      protected: true,
    });
    expect({ status: added.statusCode, image: added.json() }).toMatchObject({
      status: 201,
      image: { path: 'Windows_10_2H', type: 'n', osId: 9, protected: true, generation: 0, published: null },
    });
    for (const key of ['Windows 10 (2H)', 'Windows_10_2H', '#1'])
      expect((await call('GET', `/images/${encodeURIComponent(key)}`)).json()).toMatchObject({ id: 1 });
    expect((await call('PATCH', '/images/Windows_10_2H', { protected: false })).statusCode).toBe(200);
    expect((await call('DELETE', '/images/Windows_10_2H')).statusCode).toBe(200);
    expect((await call('GET', '/images')).json()).toEqual({ items: [], total: 0 });
  });

  it('shows what is in the folder, and removes that only when asked to', async () => {
    await withFiles();
    expect((await call('GET', '/images')).json().items).toMatchObject([
      { name: 'base', published: { files: 3 } },
    ]);
    await call('DELETE', '/images/base');
    expect(existsSync(join(world.images, 'base/d1p1.img'))).toBe(true);
    await addBase();
    await call('DELETE', '/images/base?files=true');
    expect(existsSync(join(world.images, 'base'))).toBe(false);
  });

  it.each<[string, object, number, string]>([
    ['an unknown field', { name: 'new', generation: 9 }, 400, 'REQUEST_INVALID'],
    ['an unknown type', { name: 'new', type: 'iso' }, 400, 'REQUEST_INVALID'],
    ['a format out of range', { name: 'new', format: 7 }, 400, 'REQUEST_INVALID'],
    ['no name', {}, 400, 'REQUEST_INVALID'],
    ['a name with a shell word', { name: '$(reboot)' }, 400, 'IMAGE_NAME_BAD'],
    ['a folder that leads elsewhere', { name: 'new', path: '../etc' }, 400, 'IMAGE_FOLDER_BAD'],
    ['a folder of FOG', { name: 'new', path: 'dev' }, 400, 'IMAGE_FOLDER_BAD'],
    ['a name that exists', { name: 'base', path: 'other' }, 409, 'IMAGE_EXISTS'],
    ['a folder that is taken', { name: 'new', path: 'base' }, 409, 'IMAGE_EXISTS'],
    ['a format that nobody writes', { name: 'new', format: 1 }, 400, 'IMAGE_SHAPE_BAD'],
    ['a system that nobody resizes', { name: 'new', type: 'n', osId: 8 }, 400, 'IMAGE_SHAPE_BAD'],
  ])('refuses to add %s, and changes nothing', async (_, entry, status, title) => {
    await addBase();
    expect(await refusal('POST', '/images', entry)).toEqual(problem(status, title));
    expect(world.context.images.list()).toHaveLength(1);
  });

  it('refuses an unknown field in a change and in a removal', async () => {
    await addBase();
    expect(await refusal('PATCH', '/images/base', { path: 'x' })).toEqual(problem(400, 'REQUEST_INVALID'));
    expect(await refusal('DELETE', '/images/base?all=true')).toEqual(problem(400, 'REQUEST_INVALID'));
    expect(world.context.images.list()).toMatchObject([{ name: 'base', path: 'base' }]);
  });

  it.each<[Method, string, object?]>([
    ['GET', '/images/none'],
    ['PATCH', '/images/none', { enabled: false }],
    ['DELETE', '/images/none'],
    ['PUT', '/hosts/pc1/image', { image: 'none' }],
    ['POST', '/tasks', { host: 'pc1', type: 'deploy', image: 'none' }],
  ])('says that an image is unknown: %s %s', async (method, url, entry) => {
    expect(await refusal(method, url, entry)).toEqual(problem(404, 'IMAGE_UNKNOWN'));
  });

  it('keeps an image that is protected or in use', async () => {
    await withFiles();
    await call('PATCH', '/images/base', { protected: true });
    expect(await refusal('DELETE', '/images/base?files=true')).toEqual(problem(409, 'IMAGE_PROTECTED'));
    await call('PATCH', '/images/base', { protected: false });
    await call('POST', '/tasks', { host: 'pc1', type: 'deploy', image: 'base' });
    expect(await refusal('DELETE', '/images/base?files=true')).toEqual(problem(409, 'IMAGE_BUSY'));
    expect(await refusal('PATCH', '/images/base', { format: 5 })).toEqual(problem(409, 'IMAGE_BUSY'));
    expect(existsSync(join(world.images, 'base/d1p1.img'))).toBe(true);
  });

  it('assigns an image to a host, whose tasks then use it', async () => {
    await withFiles();
    expect((await call('PUT', '/hosts/pc1/image', { image: 'base' })).json()).toMatchObject({
      image: 'base',
    });
    expect((await call('GET', '/hosts')).json().items).toMatchObject([{ image: 'base' }, { image: null }]);
    const made = await call('POST', '/tasks', { host: MAC, type: 'deploy' });
    expect(made.json()).toMatchObject({ host: 'pc1', image: 'base', type: 'Deploy' });
  });
});

describe('the API of tasks', () => {
  beforeEach(withFiles);
  const order = (entry: object = {}) =>
    call('POST', '/tasks', { host: 'pc1', type: 'deploy', image: 'base', ...entry });

  it('orders, lists, shows and cancels', async () => {
    const made = await order({ shutdown: true });
    expect({ status: made.statusCode, task: made.json() }).toMatchObject({
      status: 201,
      task: {
        id: 1,
        type: 'Deploy',
        state: 'Queued',
        host: 'pc1',
        image: 'base',
        before: null,
        progress: null,
      },
    });
    expect(world.context.tasks.byId(1)?.shutdown).toBe(true);
    expect((await call('GET', '/tasks?active=true')).json().items).toMatchObject([{ id: 1 }]);
    expect((await call('POST', '/tasks/1/cancel')).json()).toMatchObject({
      state: 'Cancelled',
      reason: 'cancelled by cli',
    });
    expect((await call('GET', '/tasks?active=true')).json()).toEqual({ items: [], total: 0 });
    expect((await call('GET', '/tasks')).json().items).toMatchObject([{ id: 1, state: 'Cancelled' }]);
    expect(await refusal('POST', '/tasks/1/cancel')).toEqual(problem(409, 'TASK_OVER'));
  });

  it('lists the newest first, as many as asked for', async () => {
    await order();
    await order({ host: 'pc2' });
    expect((await call('GET', '/tasks')).json().items).toMatchObject([{ id: 2 }, { id: 1 }]);
    expect((await call('GET', '/tasks?active=true')).json().items).toMatchObject([{ id: 2 }, { id: 1 }]);
    expect((await call('GET', '/tasks?limit=1')).json().items).toMatchObject([{ id: 2 }]);
  });

  it('shows the progress of one machine and the place in the queue of the next', async () => {
    await order();
    await order({ host: 'pc2' });
    const [first, second] = [await world.boot(MAC), await world.boot(SECOND)];
    await first.head();
    expect(await first.fos('Pre_Stage1.php', body('down', MAC))).toBe('##@GO');
    const line = '896.53MB@00:00:04@00:00:02@57.00 MiB@600.00 MiB@ 59.70@629145600.0';
    await first.fos('progress.php', `mac=${MAC}&status=${shellBase64(line)}`);
    await second.head();
    expect(await second.fos('Pre_Stage1.php', body('down', SECOND))).toMatch(/^No open slots/);
    expect((await call('GET', '/tasks/1')).json()).toMatchObject({
      state: 'In-Progress',
      before: null,
      progress: { percent: 59.7, rate: '896.53MB' },
    });
    expect((await call('GET', '/tasks/2')).json()).toMatchObject({ state: 'Checked In', before: 0 });
    await call('POST', '/tasks/1/cancel');
    expect((await call('GET', '/tasks/1')).json()).toMatchObject({ state: 'Cancelled', progress: null });
  });

  it.each<[string, object, number, string]>([
    ['an unknown field', { state: 4 }, 400, 'REQUEST_INVALID'],
    ['an unknown type', { type: 'wipe' }, 400, 'REQUEST_INVALID'],
    ['an empty host', { host: '' }, 400, 'REQUEST_INVALID'],
    ['an unknown host', { host: 'none' }, 404, 'HOST_UNKNOWN'],
    ['a host without an image', { image: undefined }, 409, 'NO_IMAGE'],
    ['an image without files', { image: 'empty' }, 409, 'IMAGE_EMPTY'],
    ['a capture into a protected image', { type: 'capture', image: 'kept' }, 409, 'IMAGE_PROTECTED'],
    ['a disabled image', { image: 'off' }, 409, 'IMAGE_DISABLED'],
  ])('refuses %s, and orders nothing', async (_, entry, status, title) => {
    await call('POST', '/images', { name: 'empty' });
    await call('POST', '/images', { name: 'kept', protected: true });
    await call('POST', '/images', { name: 'off' });
    await call('PATCH', '/images/off', { enabled: false });
    const wanted = { host: 'pc1', type: 'deploy', image: 'base', ...entry };
    expect(await refusal('POST', '/tasks', wanted)).toEqual(problem(status, title));
    expect((await call('GET', '/tasks')).json()).toEqual({ items: [], total: 0 });
  });

  it('refuses a second task of a host, and a second capture into an image', async () => {
    await order({ type: 'capture' });
    expect(await refusal('POST', '/tasks', { host: 'pc1', type: 'deploy', image: 'base' })).toEqual(
      problem(409, 'HOST_BUSY'),
    );
    expect(await refusal('POST', '/tasks', { host: 'pc2', type: 'capture', image: 'base' })).toEqual(
      problem(409, 'IMAGE_BEING_CAPTURED'),
    );
  });

  it.each<[Method, string, number, string]>([
    ['GET', '/tasks/99', 404, 'TASK_UNKNOWN'],
    ['POST', '/tasks/99/cancel', 404, 'TASK_UNKNOWN'],
    ['GET', '/tasks/0', 400, 'REQUEST_INVALID'],
    ['GET', '/tasks/x', 400, 'REQUEST_INVALID'],
    ['GET', '/tasks?active=maybe', 400, 'REQUEST_INVALID'],
    ['GET', '/tasks?hostname=pc1', 400, 'REQUEST_INVALID'],
  ])('refuses %s %s', async (method, url, status, title) => {
    expect(await refusal(method, url)).toEqual(problem(status, title));
  });
});
