import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpad } from '#pki/unpad.js';
import { open, seal } from '#services/http/client/envelope.js';
import { K1, RSA_TEST_KEY, RSA_VECTORS, VECTORS } from './vectors.js';

describe('the envelope of FOG Client', () => {
  it.each(VECTORS)('$name is sealed byte for byte as spec client-protocol 2.10 has it', (vector) => {
    const body = seal('#!enkey=', vector.text, vector.key, Buffer.from(vector.iv, 'hex'));
    expect(body).toBe(`#!enkey=${vector.iv}|${vector.sealed}`);
    expect(open(body, vector.key)).toBe(vector.text.trim());
  });

  it('opens what it sealed, whatever the text', () => {
    const text = fc.string({ unit: 'binary' }).filter((one) => !one.includes('\0') && one.trim() === one);
    fc.assert(
      fc.property(text, fc.uint8Array({ minLength: 16, maxLength: 16 }), (plain, iv) => {
        const body = seal('#!en=', plain, K1, Buffer.from(iv));
        expect(open(body, K1)).toBe(plain);
        expect(body).toMatch(/^#!en=[0-9a-f]{32}\|(?:[0-9a-f]{32})*$/);
      }),
    );
  });

  it.each(['', '#!ihc', '#!enkey=', '#!enkey=00|00', `#!enkey=${'0'.repeat(32)}|${'0'.repeat(32)}\n`])(
    'does not take %j for an envelope',
    (body) => {
      expect(() => open(body, K1)).toThrow(RangeError);
    },
  );
});

describe('what clients encrypt to the key of the server', () => {
  const key = createPrivateKey({ key: RSA_TEST_KEY, format: 'jwk' });
  const raw = (hex: string) =>
    privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(hex, 'hex'));

  it.each(RSA_VECTORS)('$name is unwrapped as spec client-protocol 2.10 has it', ({ sealed, message }) => {
    expect(unpad(raw(sealed), Buffer.alloc(7), false).toString('hex')).toBe(message);
  });

  const otherwise = Buffer.from('what is used instead');
  const block = (...parts: Array<number[] | Buffer>) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  const padding = Buffer.alloc(20, 0xff);
  it.each([
    ['another first byte', block([1, 2], padding, [0], [7])],
    ['another block type', block([0, 1], padding, [0], [7])],
    ['no end of the padding', block([0, 2], padding)],
    ['a padding of seven bytes', block([0, 2], Buffer.alloc(7, 1), [0], Buffer.alloc(20, 7))],
    ['nothing', Buffer.alloc(0)],
    ['only zeros', Buffer.alloc(128)],
  ])('a block with %s gives what is used instead', (_, bytes) => {
    expect(unpad(bytes, otherwise, false)).toEqual(otherwise);
  });

  it('a message of another length gives what is used instead, where one length is due', () => {
    const good = block([0, 2], padding, [0], Buffer.alloc(32, 7));
    expect(unpad(good, Buffer.alloc(32), true)).toEqual(Buffer.alloc(32, 7));
    expect(unpad(good, Buffer.alloc(31, 9), true)).toEqual(Buffer.alloc(31, 9));
  });

  it('bug: how often it read behind the end of a block told where its message begins', () => {
    const reads = (bytes: Buffer) => {
      const indices: number[] = [];
      const get = (target: Buffer, name: string | symbol): unknown => {
        if (/^\d+$/.test(String(name))) indices.push(Number(name));
        return Reflect.get(target, name, target);
      };
      unpad(new Proxy(bytes, { get }), otherwise, false);
      return indices;
    };
    const good = reads(block([0, 2], padding, [0], Buffer.alloc(32, 7)));
    expect(Math.max(...good)).toBe(54);
    expect(reads(block([0, 2], padding, Buffer.alloc(33, 7)))).toEqual(good);
    expect(reads(block([0, 2], [0], padding, Buffer.alloc(32, 7)))).toEqual(good);
  });

  it('gives the message after the first zero for every block that is right', () => {
    const pad = fc
      .uint8Array({ minLength: 8, maxLength: 200 })
      .map((bytes) => bytes.map((byte) => byte || 1));
    fc.assert(
      fc.property(pad, fc.uint8Array({ maxLength: 200 }), (filler, message) => {
        const bytes = block([0, 2], Buffer.from(filler), [0], Buffer.from(message));
        expect([...unpad(bytes, otherwise, false)]).toEqual([...message]);
      }),
    );
  });
});
