import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import { listAll } from '#cli/client.js';
import { type ApiEvent, eventLine } from '#cli/events.js';
import { createProgram } from '#cli/program.js';
import { MAC, makeWorld, type World } from '../services/http/world.js';

let world: World;
let state: string;
let printed: string;
beforeEach(async () => {
  world = await makeWorld();
  state = join(world.images, '..');
  await world.api.listen({ path: join(state, 'fogd.sock') });
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.close();
});

const fogd = async (...words: string[]): Promise<string> => {
  printed = '';
  await createProgram().parseAsync(['node', 'fogd', ...words, '--state', state]);
  return printed;
};

describe('the command line', () => {
  it('makes a token, shows it once, lists and removes it', async () => {
    const made = await fogd('token', 'add', 'sync', '--scope', 'tasks:write', '--scope', 'hosts:read');
    const [token = ''] = made.split('\n');
    expect(token).toMatch(/^fogd_[\w-]{43}$/);
    const answer = await world.app.inject({
      url: '/api/v1/hosts',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.statusCode).toBe(200);
    const list = await fogd('token', 'list');
    expect(list).toMatch(
      /^NAME +SCOPES +EXPIRES +LAST USED +MADE\nsync +tasks:write hosts:read +never +2026-/,
    );
    expect(list).not.toContain(token);
    expect(await fogd('token', 'remove', 'sync')).toBe('token sync removed\n');
    expect(await fogd('token', 'list')).toBe('no tokens\n');
  });

  it.each([
    ['--scope', 'everything'],
    ['--scope', '*', '--expires', 'soon'],
    ['--scope', '*', '--expires', '0d'],
    [],
  ])('makes no token for %s %s %s %s', async (...options) => {
    await expect(fogd('token', 'add', 'sync', ...options)).rejects.toMatchObject({ name: 'CommanderError' });
    expect(world.context.tokens.page({}).total).toBe(0);
  });

  it('makes a token that expires', async () => {
    const before = Date.now();
    await fogd('token', 'add', 'sync', '--scope', '*', '--expires', '90d');
    const expires = world.context.tokens.byName('sync')?.expiresAt ?? 0;
    expect(expires - before).toBeGreaterThanOrEqual(90 * 86_400_000);
    expect(expires - before).toBeLessThan(90 * 86_400_000 + 60_000);
  });

  it('lists who changed what', async () => {
    expect(await fogd('audit', 'list')).toBe('nothing was changed\n');
    await fogd('host', 'add', 'pc', MAC);
    await fogd('group', 'add', 'room');
    const lines = (await fogd('audit', 'list')).trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^[\d-]+ [\d:]+ +/, '').replaceAll(/ +/g, ' '))).toEqual([
      'TIME WHO DID TO WITH',
      'cli group-added room name=room',
      `cli host-added pc name=pc macs=${MAC}`,
    ]);
    expect(await fogd('audit', 'list', '--search', 'room', '--json')).toContain('"subject": "room"');
    expect(await fogd('audit', 'list', '--actor', 'token:x')).toBe('nothing was changed\n');
  });

  it('lists, shows and ends boot sessions', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    const machine = await world.boot();
    expect(await fogd('session', 'list')).toBe('no machine is at work\n');
    await machine.head();
    expect(await fogd('session', 'list')).toMatch(/^1 +plain +pc +00:11:22:33:44:55 .*open/m);
    expect(await fogd('session', 'show', '1')).toContain('task           1\n');
    expect(await fogd('session', 'end', '1')).toBe('session 1 of pc: ended\n');
    await expect(fogd('session', 'end', '1')).rejects.toMatchObject({ code: 'SESSION_OVER' });
    await expect(fogd('session', 'end', 'x')).rejects.toMatchObject({ code: 'SESSION_NUMBER_BAD' });
    await expect(fogd('session', 'show', '9')).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' });
    expect(world.exports.size).toBe(0);
    expect(world.context.tasks.page({ active: true }).total).toBe(1);
  });

  it('fetches all pages of a list', async () => {
    const { store, hosts } = world.context;
    await store.commit(() => {
      for (let number = 0; number < 10_003; number++) {
        const hex = number.toString(16).padStart(4, '0');
        const mac = `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
        hosts.add({ name: `pc${number}`, description: '', createdAt: 0, createdBy: 'test', macs: [mac] });
      }
    });
    const all = await listAll<{ name: string }>(state, '/hosts');
    expect(new Set(all.map(({ name }) => name)).size).toBe(10_003);
    expect(await listAll(state, '/hosts', { q: 'pc1000', pending: undefined })).toHaveLength(4);
  });

  it('prints live events until fogd stops', async () => {
    const following = fogd('events', '--json', '--topics', 'hosts');
    const ended = expect(following).rejects.toMatchObject({ code: 'EVENTS_ENDED' });
    // Until it listens, nobody is told.
    while (printed === '') {
      await world.context.store.commit(() =>
        world.context.store.changed({ kind: 'host', id: 1, what: 'removed', name: 'pc' }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    await world.api.close();
    await ended;
    expect(JSON.parse(printed.split('\n')[0] ?? '')).toMatchObject({
      topic: 'hosts',
      data: { change: 'removed', host: { name: 'pc' } },
    });
  });
});

describe('a line of events', () => {
  const task = {
    ...{ id: 7, type: 'Deploy', state: 'Failed', host: 'pc', image: 'base', createdAt: 0, createdBy: 'cli' },
    ...{
      startedAt: 0,
      finishedAt: 0,
      lastSeenAt: 0,
      reason: 'no \u001b[31mdisk',
      before: null,
      progress: null,
    },
  };
  const record = {
    ...{ service: 'dhcp', event: 'discover', outcome: 'ignored', who: { mac: MAC } },
    ...{ reasons: ['not here'], at: 0, last: 0, count: 1 },
  };
  it.each<[string, ApiEvent, string]>([
    [
      'a task',
      { topic: 'tasks', data: { change: 'finished', task } },
      'tasks  7: pc Deploy base: Failed (no ?[31mdisk)',
    ],
    ['a host', { topic: 'hosts', data: { change: 'added', host: { name: 'pc' } } }, 'hosts  pc: added'],
    [
      'an alarm',
      {
        topic: 'alarms',
        data: { service: { name: 'dhcp', state: 'failed', detail: 'taken', remedy: 'stop it' } },
      },
      'alarms dhcp: failed, taken, stop it',
    ],
    [
      'the trace',
      { topic: 'trace', data: record },
      `trace  ${MAC} asked for an address (not answered): not here`,
    ],
    ['a gap', { topic: 'reset', data: {} }, 'reset  something was missed'],
  ])('tells of %s', (_, event, expected) => {
    expect(eventLine(event, 0).slice(20)).toBe(expected);
  });
});
