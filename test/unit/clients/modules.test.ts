import { afterEach, describe, expect, it } from 'vitest';
import { ClientKeeper } from '#actions/keep-clients.js';
import { describeClient, resetClient, switchClientModule } from '#actions/manage-clients.js';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost, removeHost } from '#actions/manage-hosts.js';
import { composeAnswer } from '#client-modules/compose.js';
import { CLIENT_MODULES } from '#client-modules/index.js';
import type { ClientModule } from '#client-modules/module.js';
import { pollFacts } from '#client-modules/poll-facts.js';
import type { Logger } from '#daemon/log.js';
import { MODULE_KEYS } from '#domain/client-module.js';
import { expectGolden } from '../golden.js';
import { makeWorld, type World } from '../services/http/world.js';
import { installClient, knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import { fillHost } from './filled-host.js';
import { moduleProblems } from './strict-json.js';

let world: World;
afterEach(() => world.close());

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;
const server = { scheme: 'http', host: '10.0.0.1', ip: '10.0.0.1' } as const;
const key = Buffer.alloc(32, 1);
const poll = async (modules: readonly ClientModule[] = CLIENT_MODULES) => {
  const host = world.context.hosts.byName('PC') ?? (await addHost(world.context, 'PC', [PC_MAC], 'test'));
  const facts = pollFacts(world.context, host);
  return composeAnswer(world.context, { ...facts, host, address: '10.0.0.50', server, key }, modules);
};
const pretty = (text: string) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
const everything = MODULE_KEYS.map((key) => `${key} = true`).join('\n');
const nothing = MODULE_KEYS.map((key) => `${key} = false`).join('\n');

describe('what a client is told at its poll', () => {
  it.each([
    ['active', everything],
    ['disabled', nothing],
  ])('with every module %s', async (name, settings) => {
    world = await makeWorld(`[client]\n${settings}\n`);
    await fillHost(world.context);
    const { text, problems } = await poll();
    expect(problems).toEqual([]);
    expect(moduleProblems(JSON.parse(text) as Record<string, unknown>)).toEqual([]);
    expectGolden(`test/fixtures/client/${name}.json`, pretty(text));
  });

  it('with every module in error: each says so, and none costs the others anything', async () => {
    world = await makeWorld(`[client]\n${everything}\n`);
    const broken = MODULE_KEYS.map(
      (key): ClientModule => ({
        key,
        tell: () => {
          throw new Error('the disk is full');
        },
      }),
    );
    const { text, problems } = await poll(broken);
    expect(problems).toEqual(MODULE_KEYS.map((key) => `${key}: the disk is full`));
    expect(moduleProblems(JSON.parse(text) as Record<string, unknown>)).toEqual([]);
    expectGolden('test/fixtures/client/in-error.json', pretty(text));
  });

  it('a module that is off everywhere is so for each host, whatever is said there', async () => {
    world = await makeWorld('[client]\ntaskreboot = false\n');
    await poll();
    await switchClientModule(world.context, 'PC', 'taskreboot', false);
    expect(JSON.parse((await poll()).text)).toMatchObject({ taskreboot: { error: 'ng' } });
  });

  it('a module is off for one host until it is switched on again', async () => {
    world = await makeWorld();
    await poll();
    const off = await switchClientModule(world.context, 'PC', 'taskreboot', false);
    expect(off.modules).toContainEqual({ module: 'taskreboot', state: 'off for this host' });
    expect(JSON.parse((await poll()).text)).toMatchObject({ taskreboot: { error: 'nh' } });
    await switchClientModule(world.context, 'PC', 'taskreboot', true);
    expect(JSON.parse((await poll()).text)).toMatchObject({ taskreboot: { job: false } });
    await expect(switchClientModule(world.context, 'PC', 'greenfog', true)).rejects.toMatchObject({
      code: 'CLIENT_MODULE_UNKNOWN',
    });
  });

  it('secrets are told to the client and shown to nobody', async () => {
    world = await makeWorld();
    const changer: ClientModule = {
      key: 'hostnamechanger',
      tell: async () => ({ hostname: 'PC', ADPass: 'geheim', Key: '' }),
      secrets: ['ADPass', 'Key'],
    };
    const { text, told } = await poll([changer]);
    expect(JSON.parse(text)).toMatchObject({ hostnamechanger: { ADPass: 'geheim', Key: '' } });
    expect(told).not.toContain('geheim');
    expect(JSON.parse(told)).toMatchObject({ hostnamechanger: { hostname: 'PC', Key: '' } });
  });

  it('one that does not understand "off" is left out', async () => {
    world = await makeWorld('[client]\nusertracker = false\n');
    const tracker: ClientModule = { key: 'usertracker', tell: () => ({ '': '' }) };
    expect(JSON.parse((await poll([tracker])).text)).not.toHaveProperty('usertracker');
  });
});

describe('what fogd knows of a client', () => {
  it('its trust, its session, its last contact, and what it was told', async () => {
    world = await makeClientWorld();
    const { context } = world;
    await addHost(context, 'OTHER', ['00:11:22:33:44:66'], 'test');
    expect(describeClient(context, 'OTHER')).toMatchObject({
      trust: 'unknown',
      sessionUntil: null,
      contactAt: null,
      versionLine: null,
      told: null,
    });
    const client = await knownClient(world);
    expect(describeClient(context, 'PC').trust).toBe('new');
    const at = world.clock.now();
    await client.cycle();
    await client.handshake();
    expect(describeClient(context, 'PC')).toMatchObject({
      trust: 'trusted',
      trustedSince: at,
      handshakeFrom: '10.0.0.50',
      contactAt: at,
      contactFrom: '10.0.0.50',
      versionLine: '0.11.6 or newer',
      told: { taskreboot: { job: false } },
    });
  });

  it('bug: one that was refused at every handshake was shown as trusted, and nothing else', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    const refusal = () => describeClient(world.context, 'PC').refusal;
    expect(refusal()).toBeNull();
    await client.cycle();
    await client.install();
    expect(await client.handshake()).toBe(false);
    const wrong = {
      at: world.clock.now(),
      from: '10.0.0.50',
      reason: expect.stringMatching(/^its security token/),
    };
    expect(refusal()).toEqual(wrong);
    await resetClient(world.context, 'PC', 'ada');
    expect(refusal()).toBeNull();
    expect(await client.handshake()).toBe(true);
    const stranger = await installClient(world, { transport: transportOf(world, '10.0.0.66') });
    expect(await stranger.handshake()).toBe(false);
    expect(refusal()).toMatchObject({ from: '10.0.0.66' });
    expect(await client.handshake()).toBe(true);
    expect(refusal()).toBeNull();
  });

  it('its last contact outlives a restart', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await client.cycle();
    const keeper = new ClientKeeper(world.context, silent);
    keeper.start();
    await world.clock.advance(60_000);
    expect(world.context.clients.contact(1)).toMatchObject({ address: '10.0.0.50' });
    await client.cycle();
    await keeper.stop();
    expect(world.context.clients.contact(1)?.at).toBe(world.clock.now());
  });

  it('an old one is told by its habits', async () => {
    world = await makeClientWorld();
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const client = await installClient(world, { version: '0.10.6' });
    await client.handshake();
    for (let cycle = 0; cycle < 2; cycle++) await world.clock.advance(1000 * (await client.cycle()));
    expect(describeClient(world.context, 'PC').versionLine).toBe('older than 0.11.6');
  });

  it('bug: a new one that had to wait for its next handshake was taken for an old one', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await world.clock.advance(30_000);
    world.context.clientSessions.end(1);
    await client.cycle();
    expect(client).toMatchObject({ handshakes: 2, cycles: 1 });
    expect(describeClient(world.context, 'PC').versionLine).toBe('0.11.6 or newer');
  });

  it('a host that was removed leaves nothing to the next that gets its number', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await client.cycle();
    await removeHost(world.context, 'PC');
    await addHost(world.context, 'NEXT', [PC_MAC], 'test');
    expect(world.context.hosts.byName('NEXT')?.id).toBe(1);
    expect(describeClient(world.context, 'NEXT')).toMatchObject({
      trust: 'unknown',
      contactAt: null,
      told: null,
    });
    expect(world.context.clientSessions.get(1)).toBeUndefined();
  });
});

describe('the API', () => {
  it('shows, resets and switches; a group at once', async () => {
    world = await makeClientWorld();
    await knownClient(world);
    await addHost(world.context, 'OTHER', ['00:11:22:33:44:66'], 'test');
    const ask = async (method: 'GET' | 'POST' | 'PUT', path: string, payload?: object) => {
      const answer = await world.api.inject({
        method,
        url: `/api/v1${path}`,
        ...(payload ? { payload } : {}),
      });
      return [answer.statusCode, answer.json()];
    };
    expect(await ask('GET', '/hosts/PC/client')).toMatchObject([200, { host: 'PC', trust: 'new' }]);
    expect(await ask('POST', '/hosts/pc/client/reset')).toEqual([200, { hosts: ['PC'] }]);
    expect(await ask('GET', `/hosts/${PC_MAC}/client`)).toMatchObject([200, { trust: 'unknown' }]);
    const off = { modules: expect.arrayContaining([{ module: 'taskreboot', state: 'off for this host' }]) };
    expect(await ask('PUT', '/hosts/PC/client/modules/taskreboot', { on: false })).toMatchObject([200, off]);
    expect(await ask('PUT', '/hosts/PC/client/modules/x', { on: false })).toMatchObject([
      404,
      { title: 'CLIENT_MODULE_UNKNOWN' },
    ]);
    await addGroup(world.context, 'room', 'test');
    expect(await ask('POST', '/groups/room/client-reset')).toMatchObject([409, { title: 'GROUP_EMPTY' }]);
    await changeMembers(world.context, 'room', 'join', ['PC', 'OTHER']);
    expect(await ask('POST', '/groups/room/client-reset')).toEqual([200, { hosts: ['PC', 'OTHER'] }]);
  });
});
