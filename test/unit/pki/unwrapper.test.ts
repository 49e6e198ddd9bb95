import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { mayReturnToShare, setThreadTurn, type ThreadTurn } from '#native/thread-priority.js';
import { type Turns, UNWRAP_NICE, Unwrapper } from '#pki/unwrapper.js';
import { VirtualClock } from '../virtual-clock.js';
import { SHORT, testKey } from './keys.js';

let unwrapper: Unwrapper;
afterEach(() => unwrapper.close());

const KEY = Buffer.alloc(32, 1);
const TOKEN = Buffer.alloc(64, 2);
const sealer = (pem: string) => (text: Buffer) =>
  publicEncrypt({ key: createPublicKey(pem), padding: constants.RSA_PKCS1_PADDING }, text);

async function start(name = 'client', clock = new VirtualClock(), turns?: Turns) {
  const pem = await testKey(name, SHORT);
  unwrapper = new Unwrapper(clock, turns);
  unwrapper.use(pem);
  return sealer(pem);
}

describe('the thread that decrypts for FOG Clients', () => {
  it('opens key and token', async () => {
    const seal = await start();
    expect(await unwrapper.unwrap('a', seal(KEY), seal(TOKEN))).toEqual({
      kind: 'opened',
      key: KEY,
      token: TOKEN,
    });
  });

  it('gives other bytes of the same length for what is sealed to another key, each time others', async () => {
    await start();
    const seal = sealer(await testKey('another', SHORT));
    const results = [];
    for (let time = 0; time < 20; time++) results.push(await unwrapper.unwrap('a', seal(KEY), seal(TOKEN)));
    const keys = results.flatMap((one) => (one.kind === 'opened' ? [one.key.toString('hex')] : []));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.every((key) => key.length === 64)).toBe(true);
  });

  it('a session key of another length is none', async () => {
    const seal = await start();
    const result = await unwrapper.unwrap('a', seal(Buffer.alloc(16, 1)), seal(TOKEN));
    expect(result).toMatchObject({ kind: 'opened', token: TOKEN });
    expect(result.kind === 'opened' && result.key).toHaveLength(32);
  });

  it.each([
    ['shorter', Buffer.alloc(127, 1)],
    ['longer', Buffer.alloc(129, 1)],
    ['larger than the modulus', Buffer.alloc(128, 255)],
    ['empty', Buffer.alloc(0)],
  ])('says of a number that is %s that it is none', async (_, sealed) => {
    const seal = await start();
    expect(await unwrapper.unwrap('a', sealed, seal(TOKEN))).toEqual({ kind: 'malformed' });
    expect(await unwrapper.unwrap('a', seal(KEY), sealed)).toEqual({ kind: 'malformed' });
  });

  it('takes a new key while it runs', async () => {
    await start();
    const pem = await testKey('another', SHORT);
    unwrapper.use(pem);
    const seal = sealer(pem);
    expect(await unwrapper.unwrap('a', seal(KEY), seal(TOKEN))).toMatchObject({ key: KEY });
  });

  it('who floods waits for himself: half of the places are for others, who take turns with him', async () => {
    const seal = await start();
    const [key, token] = [seal(KEY), seal(TOKEN)];
    const order: string[] = [];
    const ask = async (source: string) => {
      const { kind } = await unwrapper.unwrap(source, key, token);
      order.push(`${source} ${kind}`);
    };
    const all = Array.from({ length: 700 }, () => ask('flood'));
    all.push(ask('good'), ask('good'));
    await Promise.all(all);
    expect(order.filter((one) => one === 'flood busy').length).toBe(198);
    expect(order.filter((one) => one === 'good opened').length).toBe(2);
    const opened = order.filter((one) => one.endsWith('opened'));
    expect(opened.indexOf('good opened')).toBeLessThan(5);
  });

  it('has places for a thousand and no more', async () => {
    const seal = await start();
    const [key, token] = [seal(KEY), seal(TOKEN)];
    const asks = Array.from({ length: 1100 }, (_, number) => unwrapper.unwrap(String(number), key, token));
    const busy = (await Promise.all(asks)).filter(({ kind }) => kind === 'busy');
    expect(busy.length).toBe(98);
  });

  it('answers who waits when it closes', async () => {
    const seal = await start();
    const asks = Array.from({ length: 10 }, () => unwrapper.unwrap('a', seal(KEY), seal(TOKEN)));
    await unwrapper.close();
    expect((await Promise.all(asks)).every(({ kind }) => kind === 'busy')).toBe(true);
  });

  it('takes spare time only; its share when somebody has waited for ten seconds, until nobody waits', async () => {
    const clock = new VirtualClock();
    const turns: string[] = [];
    const set = (_: number, turn: string) => turns.push(turn) > 0;
    const seal = await start('client', clock, { mayReturn: true, set });
    const [key, token] = [seal(KEY), seal(TOKEN)];
    await unwrapper.unwrap('a', key, token);
    expect(turns).toEqual(['spare']);
    const asks = Array.from({ length: 400 }, () => unwrapper.unwrap('a', key, token));
    await clock.advance(9_999);
    expect(turns).toEqual(['spare']);
    await clock.advance(1);
    expect(turns).toEqual(['spare', 'share']);
    await Promise.all(asks);
    expect(turns).toEqual(['spare', 'share', 'spare']);
    await clock.advance(60_000);
    expect(turns).toHaveLength(3);
  });

  it('keeps its share where it could not have it back', async () => {
    const turns: string[] = [];
    const set = (_: number, turn: string) => turns.push(turn) > 0;
    const seal = await start('client', new VirtualClock(), { mayReturn: false, set });
    await unwrapper.unwrap('a', seal(KEY), seal(TOKEN));
    expect(turns).toEqual([]);
  });

  it('is taken by the kernel for a thread that takes spare time, and has its share back', async () => {
    let thread = 0;
    const set = (number: number, turn: ThreadTurn) => {
      thread = number;
      return setThreadTurn(number, turn);
    };
    const seal = await start('client', new VirtualClock(), { mayReturn: mayReturnToShare(UNWRAP_NICE), set });
    await unwrapper.unwrap('a', seal(KEY), seal(TOKEN));
    // Nice value and policy: fields 19 and 41 of proc_pid_stat(5), counted from behind the name, which may hold blanks.
    const seen = () => {
      const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return { nice: fields[16], policy: fields[38] };
    };
    expect(seen()).toEqual({ nice: '10', policy: '5' });
    expect(setThreadTurn(thread, 'share')).toBe(true);
    expect(seen()).toEqual({ nice: '10', policy: '0' });
  });

  it('does nothing before there is a key', async () => {
    unwrapper = new Unwrapper(new VirtualClock());
    expect(await unwrapper.unwrap('a', KEY, KEY)).toEqual({ kind: 'busy' });
  });
});
