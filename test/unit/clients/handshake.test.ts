import { constants, publicEncrypt, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeClient, resetClient } from '#actions/manage-clients.js';
import { addHost, addMac, changeHost, removeHost } from '#actions/manage-hosts.js';
import { ClientSessions } from '#clients/sessions.js';
import { open } from '#services/http/client/envelope.js';
import { storeErrors } from '#store/errors.js';
import type { World } from '../services/http/world.js';
import { installClient, knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import type { FogClient } from './fog-client.js';

const AUTHORISE = '/management/index.php?sub=requestClientInfo&authorize&newService';
const KEY = Buffer.alloc(32, 7);
const MINUTE = 60_000;

let world: World;
const freshWorlds = () => {
  beforeEach(async () => {
    world = await makeClientWorld();
  });
  afterEach(() => world.close());
};

const encrypt = (text: Buffer) => {
  const key = new X509Certificate(world.pki.pem('communication') ?? '').publicKey;
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, text).toString('hex');
};
const post = async (body: string, address?: string) => {
  const answer = await transportOf(world, address)('POST', AUTHORISE, body);
  expect(answer.status).toBe(200);
  return answer.body;
};
const call = (token: Buffer | string, key = KEY) =>
  `sym_key=${encrypt(key)}&token=${encrypt(Buffer.from(token))}&mac=${PC_MAC}`;
const tokenIn = (body: string, key = KEY) =>
  Buffer.from((JSON.parse(open(body, key)) as { token: string }).token, 'hex');
/** fogd is started anew: what was only in memory is gone. */
const restart = () => {
  Object.assign(world.context, { clientSessions: new ClientSessions(world.clock) });
};

describe('a handshake', () => {
  freshWorlds();

  it('gives a token of 64 bytes, another one each time, and keeps neither key nor token in the store', async () => {
    const client = await knownClient(world);
    const first = client.token;
    expect(await client.handshake()).toBe(true);
    expect(first).toHaveLength(64);
    expect(client.token).not.toEqual(first);
    const trust = JSON.stringify(world.context.clients.trust(1));
    for (const secret of [first, client.token, client.key])
      expect(trust).not.toContain(secret?.toString('hex'));
  });

  it('is asked for again when the session is half an hour old, and not before', async () => {
    const client = await knownClient(world);
    await client.cycle();
    await world.clock.advance(30 * MINUTE - 1);
    await client.cycle();
    expect(client.handshakes).toBe(1);
    await world.clock.advance(1);
    await client.cycle();
    expect(client.handshakes).toBe(2);
    expect(client.log).toEqual([]);
  });

  it('is asked for by the bare text after a restart, and the token is still good', async () => {
    const client = await knownClient(world);
    restart();
    const poll = await transportOf(world)('GET', `/management/index.php?sub=requestClientInfo&mac=${PC_MAC}`);
    expect(poll.body).toBe('#!ihc');
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(client.cycles).toBe(1);
  });

  it('whose answer was lost gives the same token again, also after a restart', async () => {
    const client = await knownClient(world);
    const before = client.token ?? Buffer.alloc(0);
    const lost = tokenIn(await post(call(before)));
    expect(tokenIn(await post(call(before)))).toEqual(lost);
    restart();
    expect(tokenIn(await post(call(before)))).toEqual(lost);
    const next = tokenIn(await post(call(lost)));
    expect(await post(call(before))).toBe('{"error":"ist"}');
    expect(tokenIn(await post(call(next)))).not.toEqual(next);
  });

  it('of a new client whose first answer was lost is good once more from the same address, until it polls', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const lost = tokenIn(await post(call('NoToken')));
    expect(await post(call('NoToken'), '10.0.0.66')).toBe('{"error":"ist"}');
    expect(tokenIn(await post(call('NoToken')))).toEqual(lost);
    await transportOf(world)('GET', `/management/index.php?sub=requestClientInfo&mac=${PC_MAC}`);
    expect(await post(call('NoToken'))).toBe('{"error":"ist"}');
  });

  it('bug: of a new client whose first answer was lost when fogd was killed was good never again', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const first = call('NoToken');
    await post(first);
    restart();
    expect(await post(first)).toBe('{"error":"ist"}');
    expect(await post(call('NoToken'), '10.0.0.66')).toBe('{"error":"ist"}');
    const token = tokenIn(await post(call('NoToken')));
    await transportOf(world)('GET', `/management/index.php?sub=requestClientInfo&mac=${PC_MAC}`);
    expect(await post(call('NoToken'))).toBe('{"error":"ist"}');
    restart();
    await world.clock.advance(10 * MINUTE);
    expect(await post(call('NoToken'))).toBe('{"error":"ist"}');
    tokenIn(await post(call(token)));
  });

  it('after which the client does not go on at once has not reached it: no answer with a key that it does not know', async () => {
    const client = await knownClient(world);
    await client.cycle();
    await post(call(client.token ?? ''));
    await world.clock.advance(MINUTE);
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(client.handshakes).toBe(2);
  });

  it('sent twice by the network is answered twice alike', async () => {
    const client = await knownClient(world);
    const body = call(client.token ?? '');
    const [one, two] = [await post(body), await post(body)];
    expect(tokenIn(two)).toEqual(tokenIn(one));
    expect(two).not.toBe(one);
  });
});

describe('a call that fails changes nothing', () => {
  let client: FogClient;
  beforeAll(async () => {
    world = await makeClientWorld();
    client = await knownClient(world);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    expect(await client.handshake()).toBe(true);
  });

  /** The client's session and its token are good after whatever happened. */
  const unharmed = async () => {
    const handshakes = client.handshakes;
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(client.handshakes).toBe(handshakes);
    expect(await client.handshake()).toBe(true);
  };
  const good = () => encrypt(Buffer.alloc(64));
  const ATTACKS: ReadonlyArray<readonly [name: string, body: () => string, answer: string]> = [
    ['a wrong token', () => call(Buffer.alloc(64, 1)), '{"error":"ist"}'],
    ['NoToken', () => call('NoToken'), '{"error":"ist"}'],
    ['an empty token', () => call(''), '{"error":"ist"}'],
    ['a token of wrong length', () => call(Buffer.alloc(63, 1)), '{"error":"ist"}'],
    [
      'a ciphertext cut short',
      () => `sym_key=${good().slice(0, -2)}&token=${good()}&mac=${PC_MAC}`,
      '{"error":"ist"}',
    ],
    [
      'a ciphertext of odd length',
      () => `sym_key=${good()}&token=${good().slice(1)}&mac=${PC_MAC}`,
      '{"error":"ist"}',
    ],
    ['a wrong padding', () => `sym_key=${good()}&token=${'01'.repeat(128)}&mac=${PC_MAC}`, '{"error":"ist"}'],
    [
      'a number above the modulus',
      () => `sym_key=${good()}&token=${'ff'.repeat(128)}&mac=${PC_MAC}`,
      '{"error":"ist"}',
    ],
    ['JSON where hexadecimal is due', () => `sym_key={"a":1}&token=[1]&mac=${PC_MAC}`, '{"error":"ist"}'],
    [
      'a megabyte of digits',
      () => `sym_key=${'0'.repeat(200_000)}&token=${good()}&mac=${PC_MAC}`,
      '{"error":"ist"}',
    ],
    ['no values', () => `mac=${PC_MAC}`, '{"error":"ist"}'],
    ['an empty body', () => '', '{"error":"im"}'],
    ['an empty list of MACs', () => `sym_key=${good()}&token=${good()}&mac=||`, '{"error":"im"}'],
    [
      'MACs of eight bytes only',
      () => `sym_key=${good()}&token=${good()}&mac=00:00:00:00:00:00:00:E0`,
      '{"error":"im"}',
    ],
    ['an unknown host', () => `sym_key=${good()}&token=${good()}&mac=00:11:22:33:44:66`, '{"error":"ih"}'],
  ];
  it.each(ATTACKS)('%s', async (_, body, answer) => {
    expect(await post(body(), '10.0.0.66')).toBe(answer);
    await unharmed();
  });

  it('a recorded handshake', async () => {
    const recorded = call(client.token ?? '', Buffer.alloc(32, 9));
    client.token = tokenIn(await post(recorded), Buffer.alloc(32, 9));
    await client.handshake();
    expect(await post(recorded, '10.0.0.66')).toBe('{"error":"ist"}');
    await unharmed();
  });

  it('a recorded handshake right after its answer, with the key of somebody else', async () => {
    const recorded = call(client.token ?? '');
    const token = new URLSearchParams(recorded).get('token');
    const given = tokenIn(await post(recorded));
    expect(
      await post(`sym_key=${encrypt(Buffer.alloc(32, 1))}&token=${token}&mac=${PC_MAC}`, '10.0.0.66'),
    ).toBe('{"error":"ist"}');
    restart();
    expect(await post(recorded, '10.0.0.66')).toBe('{"error":"ist"}');
    client.token = tokenIn(await post(call(given)));
    expect(client.token).toHaveLength(64);
  });

  it('a body longer than any', async () => {
    expect(await post('a'.repeat(300_000), '10.0.0.66')).toBe('{"error":"er"}');
    await unharmed();
  });

  it('a body that is no JSON although it says so', async () => {
    const answer = await world.app.inject({
      method: 'POST',
      url: `/fog${AUTHORISE}`,
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect([answer.statusCode, answer.body]).toEqual([200, '{"error":"er"}']);
    await unharmed();
  });

  it('a disk that is full', async () => {
    const store = world.context.store;
    Object.assign(store, {
      commit: async () => {
        throw storeErrors.STORE_FULL({ file: 'fogd.sqlite' });
      },
    });
    try {
      expect(await post(call(client.token ?? ''))).toBe('{"error":"db"}');
    } finally {
      Reflect.deleteProperty(store, 'commit');
    }
    await unharmed();
  });

  it('a handshake by GET', async () => {
    const answer = await transportOf(world)('GET', `${AUTHORISE}&${call(client.token ?? '')}`);
    expect([answer.status, answer.body]).toEqual([200, '{"error":"ist"}']);
    await unharmed();
  });

  it('two machines with one MAC: the second stays outside, the first goes on', async () => {
    const twin = await installClient(world, { transport: transportOf(world, '10.0.0.51') });
    expect(await twin.handshake()).toBe(false);
    expect(twin.log).toEqual(['handshake: ist']);
    await unharmed();
  });

  it('ten handshakes a second, for a minute', async () => {
    const answers = new Set<string>();
    for (let number = 0; number < 60; number++) {
      answers.add(await post(call('NoToken'), '10.0.0.66'));
      await world.clock.advance(100);
    }
    expect([...answers].sort()).toEqual(['{"error":"er"}', '{"error":"ist"}']);
    await unharmed();
  });
});

describe('what a stranger can tell', () => {
  freshWorlds();

  it('a session key with a wrong padding is answered like a good one, of no use to who sent it', async () => {
    const client = await knownClient(world);
    const token = encrypt(client.token ?? Buffer.alloc(0));
    const body = await post(`sym_key=${'01'.repeat(128)}&token=${token}&mac=${PC_MAC}`);
    expect(body).toMatch(/^#!en=[0-9a-f]{32}\|[0-9a-f]{288}$/);
    expect(() => tokenIn(body)).toThrow();
  });
});

describe('who a client is', () => {
  freshWorlds();

  it('is told by any of its MACs that counts, whatever else is in the list', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const macs = `||00:00:00:00:00:00:00:E0|0A:00:27:00:00:00|${PC_MAC.toUpperCase()}|`;
    expect(await (await installClient(world, { macs })).handshake()).toBe(true);
  });

  it('is not told by a MAC that is ignored for clients, or that waits for approval', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    for (const mac of ['00:11:22:33:44:77', '00:11:22:33:44:88']) await addMac(world.context, 'PC', mac);
    await world.context.store.commit(() => {
      world.context.hosts.changeMac(1, '00:11:22:33:44:77', { clientIgnore: true });
      world.context.hosts.changeMac(1, '00:11:22:33:44:88', { pending: true });
    });
    for (const macs of ['00:11:22:33:44:77', '00:11:22:33:44:88']) {
      const client = await installClient(world, { macs });
      expect(await client.handshake()).toBe(false);
      expect(client.log).toEqual(['handshake: ih']);
    }
  });

  it('is refused where its MACs are of two hosts and no primary one decides', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await addHost(world.context, 'OTHER', ['00:11:22:33:44:99'], 'test');
    const client = await installClient(world, { macs: `${PC_MAC}|00:11:22:33:44:99` });
    expect(await client.handshake()).toBe(false);
    expect(client.log).toEqual(['handshake: er']);
  });

  it('bug: a stranger who registered an adapter of it as a host of his own cut it off', async () => {
    const client = await knownClient(world);
    const adapter = '00:11:22:33:44:77';
    const other = await installClient(world, { macs: `${adapter}|${PC_MAC}` });
    other.token = client.token;
    await transportOf(world, '10.0.0.66')('GET', `/service/register.php?hostname=EVIL&mac=${adapter}`);
    expect(world.context.hosts.byName('EVIL')).toMatchObject({ pending: true });
    expect(await other.handshake()).toBe(true);
    await other.cycle();
    expect(other.told?.hostnamechanger).toMatchObject({ hostname: 'PC' });
    expect(other.log).toEqual([]);
  });

  it('adapters that nobody knows wait for approval once the client has shown who it is, and not before', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const client = await installClient(world, { macs: `${PC_MAC}|00:11:22:33:44:77` });
    const pending = () => world.context.hosts.byId(1)?.macs.flatMap((one) => (one.pending ? [one.mac] : []));
    await client.handshake();
    expect(pending()).toEqual([]);
    await client.handshake();
    expect(pending()).toEqual(['00:11:22:33:44:77']);
  });

  it('a host that waits for approval is nobody, and is somebody from its approval on', async () => {
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await changeHost(world.context, 'PC', { pending: true });
    const client = await installClient(world);
    expect(await client.handshake()).toBe(false);
    await changeHost(world.context, 'PC', { pending: false });
    expect(await client.handshake()).toBe(true);
  });

  it('bug: of a host that was removed while the handshake was decrypted, the next one that got its number was handed over', async () => {
    const client = await knownClient(world);
    const { unwrapper } = world.context;
    const unwrap = unwrapper.unwrap.bind(unwrapper);
    Object.assign(world.context, {
      unwrapper: {
        unwrap: async (...call: Parameters<typeof unwrap>) => {
          const opened = await unwrap(...call);
          await removeHost(world.context, 'PC');
          const next = await addHost(world.context, 'NEXT', ['00:11:22:33:44:99'], 'test');
          expect(next.id).toBe(1);
          return opened;
        },
      },
    });
    expect(await client.handshake()).toBe(false);
    expect(client.log).toEqual(['handshake: ih']);
    expect(describeClient(world.context, 'NEXT')).toMatchObject({ trust: 'unknown', sessionUntil: null });
  });

  it('a reset lets a machine in that was installed anew', async () => {
    const client = await knownClient(world);
    await client.cycle();
    await client.install();
    expect(await client.handshake()).toBe(false);
    await resetClient(world.context, 'PC', 'ada');
    expect(await client.handshake()).toBe(true);
    await client.cycle();
    expect(client.log).toEqual(['handshake: ist']);
  });
});
