import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost, changeHost, removeHost } from '#actions/manage-hosts.js';
import { cancelTaskById, createTask } from '#actions/manage-tasks.js';
import { addToken, OWNER, removeToken } from '#actions/manage-tokens.js';
import type { TraceRecord } from '#trace/decision.js';
import { settle } from '../../virtual-clock.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
let sockets: { readonly api: string; readonly app: string };
const open: ClientRequest[] = [];
beforeEach(async () => {
  world = await makeWorld();
  const folder = join(world.images, '..');
  sockets = { api: join(folder, 'api.sock'), app: join(folder, 'app.sock') };
  await world.api.listen({ path: sockets.api });
});
afterEach(async () => {
  for (const call of open.splice(0)) call.destroy();
  await world.close();
});

interface Told {
  readonly id?: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A reader of live events on a real socket. */
class Reader {
  text = '';
  closed = false;
  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      this.text += part;
    });
    response.on('close', () => {
      this.closed = true;
    });
    response.on('error', () => {
      this.closed = true;
    });
  }

  get events(): Told[] {
    return this.text
      .split('\n\n')
      .filter((block) => block.includes('event: '))
      .map((block) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const id = field('id');
        const data = JSON.parse(field('data') ?? '') as Record<string, unknown>;
        return { ...(id === undefined ? {} : { id }), event: field('event') ?? '', data };
      });
  }

  /** Waits for the socket, not for the clock. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) await new Promise((resolve) => setImmediate(resolve));
  }

  async wait(count: number): Promise<Told[]> {
    await this.until(() => this.events.length >= count);
    return this.events;
  }
}

async function read(query = '', headers: Record<string, string> = {}): Promise<Reader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ socketPath: sockets.api, path: `/api/v1/events${query}`, headers });
    open.push(call);
    call.on('response', resolve);
    call.on('error', reject);
    call.end();
  });
  const reader = new Reader(response);
  // The first sign of life; from then on it is subscribed.
  await reader.until(() => reader.text.includes(':\n\n') || reader.closed || response.statusCode !== 200);
  return reader;
}

const leave = async (reader: Reader): Promise<void> => {
  reader.response.destroy();
  await reader.until(() => reader.closed);
  // The server learns it a little later.
  for (let turn = 0; turn < 20; turn++) await settle();
};

const record = (event: string): TraceRecord => ({
  ...{ service: 'dhcp', event, outcome: 'ignored', who: { mac: MAC }, reasons: ['x'] },
  ...{ at: world.clock.now(), last: world.clock.now(), count: 1 },
});

describe('live events', () => {
  it('tell of tasks, hosts, the trace and alarms, each with an id', async () => {
    const reader = await read();
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    await cancelTaskById(world.context, 1, 'test');
    await changeHost(world.context, 'pc', { description: 'x' });
    await removeHost(world.context, 'pc');
    world.apiOptions.events.trace(record('discover'));
    world.services.push({ name: 'dhcp', state: 'failed', detail: 'port 67/udp is held by dnsmasq' });
    await world.clock.advance(2_000);
    const events = await reader.wait(7);
    expect(events.map(({ event, data }) => [event, data.change ?? data.event ?? data.service])).toMatchObject(
      [
        ['hosts', 'added'],
        ['tasks', 'created'],
        ['tasks', 'finished'],
        ['hosts', 'changed'],
        ['hosts', 'removed'],
        ['trace', 'discover'],
        ['alarms', { name: 'dhcp', state: 'failed' }],
      ],
    );
    expect(events[1]?.data.task).toMatchObject({ id: 1, host: 'pc', state: 'Queued' });
    expect(events[4]?.data.host).toMatchObject({ name: 'pc' });
    expect(new Set(events.map(({ id }) => id)).size).toBe(7);
  });

  it('tell how far a task is', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    const { id } = await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    const reader = await read('?topics=tasks');
    const { store, tasks } = world.context;
    const progress = {
      ...{ rate: '1GB', elapsed: '0', remaining: '0', copied: '1', total: '2', percent: 50 },
      ...{ bytes: 0, doneBytes: 0, data: { bytes: 0, percent: 0 }, at: 1 },
    };
    await store.commitGrouped(() => tasks.seen(id, 1, progress));
    const [event] = await reader.wait(1);
    expect(event?.data).toMatchObject({ change: 'progress', task: { progress: { percent: 50 } } });
  });

  it('tell nothing of what was rolled back', async () => {
    const reader = await read();
    const { store, hosts } = world.context;
    const entry = { name: 'pc', description: '', createdAt: 0, createdBy: 'test', macs: [MAC] };
    const fails = () => {
      hosts.add(entry);
      throw new Error('no');
    };
    await expect(store.commit(fails)).rejects.toThrow('no');
    await expect(store.commitGrouped(fails)).rejects.toThrow('no');
    await addHost(world.context, 'other', [MAC], 'test');
    expect(await reader.wait(1)).toMatchObject([{ event: 'hosts', data: { host: { name: 'other' } } }]);
  });

  it('are those of the topics that were asked for', async () => {
    const reader = await read('?topics=trace,alarms');
    await addHost(world.context, 'pc', [MAC], 'test');
    world.apiOptions.events.trace(record('discover'));
    expect(await reader.wait(1)).toMatchObject([{ event: 'trace' }]);
  });

  it('are resumed where a reader left off, once each', async () => {
    const first = await read();
    world.apiOptions.events.trace(record('one'));
    const [{ id = '' } = {}] = await first.wait(1);
    await leave(first);
    world.apiOptions.events.trace(record('two'));
    await world.clock.advance(59_000);
    world.apiOptions.events.trace(record('three'));
    const second = await read('', { 'last-event-id': id });
    world.apiOptions.events.trace(record('four'));
    expect((await second.wait(3)).map(({ data }) => data.event)).toEqual(['two', 'three', 'four']);
  });

  it('are resumed also by a reader that missed more than may wait for it otherwise', async () => {
    const first = await read();
    world.apiOptions.events.trace(record('one'));
    const [{ id = '' } = {}] = await first.wait(1);
    await leave(first);
    const big = { ...record('big'), reasons: ['x'.repeat(10_000)] };
    for (let time = 0; time < 500; time++) world.apiOptions.events.trace(big);
    const second = await read('', { 'last-event-id': id });
    world.apiOptions.events.trace(record('next'));
    const told = await second.wait(501);
    expect(told.at(-1)?.data.event).toBe('next');
  });

  it.each<[string, (id: string) => Promise<string>]>([
    [
      'was away for long',
      async (id) => {
        await world.clock.advance(61_000);
        world.apiOptions.events.trace(record('missed'));
        return id;
      },
    ],
    [
      'missed more than is kept',
      async (id) => {
        for (let time = 0; time < 1001; time++) world.apiOptions.events.trace(record('missed'));
        return id;
      },
    ],
    ['knows another run of fogd', async () => 'abc-5'],
    ['knows what has not happened yet', async (id) => `${id}9`],
    ['sends nonsense', async () => 'x'],
  ])('begin with a reset for a reader that %s', async (_, happens) => {
    const first = await read();
    world.apiOptions.events.trace(record('one'));
    const [{ id = '' } = {}] = await first.wait(1);
    await leave(first);
    const second = await read('', { 'last-event-id': await happens(id) });
    world.apiOptions.events.trace(record('next'));
    const told = await second.wait(2);
    expect(told.map(({ event, data }) => data.event ?? event)).toEqual(['reset', 'next']);
  });

  it('have a heartbeat every 15 seconds', async () => {
    const reader = await read();
    const beats = () => reader.text.split(':\n\n').length - 1;
    expect(beats()).toBe(1);
    await world.clock.advance(15_000);
    await reader.until(() => beats() === 2);
    await world.clock.advance(30_000);
    await reader.until(() => beats() === 4);
  });

  it('are cut off for a reader that does not read', async () => {
    const reader = await read('?topics=trace');
    reader.response.pause();
    const big = { ...record('big'), reasons: ['x'.repeat(100_000)] };
    for (let time = 0; time < 200; time++) world.apiOptions.events.trace(big);
    const other = await read('?topics=trace');
    reader.response.resume();
    await reader.until(() => reader.closed);
    expect(reader.text.length).toBeLessThan(20_000_000);
    world.apiOptions.events.trace(record('goes on'));
    expect(await other.wait(1)).toMatchObject([{ data: { event: 'goes on' } }]);
  });

  it('are for 32 readers at once, and one that leaves makes room', async () => {
    const readers = await Promise.all(Array.from({ length: 32 }, () => read()));
    const one = await read();
    expect(one.response.statusCode).toBe(503);
    await one.until(() => one.text.includes('EVENTS_FULL'));
    await leave(readers[0] as Reader);
    expect((await read()).response.statusCode).toBe(200);
  });

  it('end when fogd stops', async () => {
    const reader = await read();
    const closing = world.api.close();
    // What happens meanwhile disturbs nobody.
    while (!reader.closed) {
      world.apiOptions.events.trace(record('late'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closing;
  });

  it('end when their token is removed', async () => {
    const { token } = await addToken(world.context, { name: 'robot', scopes: ['*'] }, OWNER);
    const answer = await world.app.inject({
      url: '/api/v1/events',
      headers: { authorization: `Bearer ${token}` },
      payloadAsStream: true,
    });
    let ended = false;
    answer.stream().on('end', () => {
      ended = true;
    });
    answer.stream().resume();
    await world.clock.advance(30_000);
    expect(ended).toBe(false);
    await removeToken(world.context, 'robot');
    await world.clock.advance(15_000);
    await settle();
    expect(ended).toBe(true);
  });

  it('are what the scopes of a token allow', async () => {
    const make = async (name: string, scopes: string[]) =>
      (await addToken(world.context, { name, scopes }, OWNER)).token;
    const ask = (token: string, query = '') =>
      world.app.inject({
        url: `/api/v1/events${query}`,
        headers: { authorization: `Bearer ${token}` },
        payloadAsStream: true,
      });
    const narrow = await make('narrow', ['tasks:read']);
    const answer = await ask(narrow);
    expect(answer.statusCode).toBe(200);
    const parts: string[] = [];
    answer.stream().on('data', (part: Buffer) => parts.push(part.toString()));
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    await settle();
    expect(parts.join('')).toContain('event: tasks');
    expect(parts.join('')).not.toContain('event: hosts');
    answer.stream().destroy();
    expect((await ask(narrow, '?topics=tasks,trace')).statusCode).toBe(403);
    expect((await ask(await make('none', ['users:write']))).statusCode).toBe(403);
  });
});
