import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toNetascii } from '#services/tftp/netascii.js';

const translate = (text: string): string => toNetascii(Buffer.from(text, 'latin1')).toString('latin1');

describe('toNetascii', () => {
  it.each([
    ['nothing', '', ''],
    ['a line', '#!ipxe\n', '#!ipxe\r\n'],
    ['a lone CR', 'a\rb', 'a\r\0b'],
    ['a DOS line, whose CR is data on this system', 'a\r\n', 'a\r\0\r\n'],
    ['bytes above 127', '\xff\n', '\xff\r\n'],
  ])('translates %s', (_, from, to) => {
    expect(translate(from)).toBe(to);
  });

  it('can be undone', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\r', '\n', 'a', '\0')), (parts) => {
        const text = parts.join('');
        expect(translate(text).replaceAll(/\r\n|\r\0/g, (end) => (end === '\r\n' ? '\n' : '\r'))).toBe(text);
      }),
    );
  });
});
