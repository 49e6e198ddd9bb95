import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { Unwrapper } from '#pki/unwrapper.js';
import { SHORT, testKey } from './keys.js';

let unwrapper: Unwrapper;
afterEach(() => unwrapper.close());

const KEY = Buffer.alloc(32, 1);
const TOKEN = Buffer.alloc(64, 2);
const sealer = (pem: string) => (text: Buffer) =>
  publicEncrypt({ key: createPublicKey(pem), padding: constants.RSA_PKCS1_PADDING }, text);

async function start(name = 'client') {
  const pem = await testKey(name, SHORT);
  unwrapper = new Unwrapper();
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

  it('does nothing before there is a key', async () => {
    unwrapper = new Unwrapper();
    expect(await unwrapper.unwrap('a', KEY, KEY)).toEqual({ kind: 'busy' });
  });
});
