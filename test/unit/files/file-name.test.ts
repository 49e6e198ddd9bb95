import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileName } from '#files/file-name.js';

describe('fileName', () => {
  it.each([
    ['snponly.efi', 'snponly.efi'],
    ['/snponly.efi', 'snponly.efi'],
    ['//i386-efi//snponly.efi', 'i386-efi/snponly.efi'],
    ['\\i386-efi\\snponly.efi', 'i386-efi/snponly.efi'],
    ['./a/./b', 'a/b'],
    ['tftp://10.0.0.1/a/b.efi', 'a/b.efi'],
    ['TFTP://[fd77::1]/a', 'a'],
    ['tftp://10.0.0.1//a', 'a'],
    ['a b/ü.efi', 'a b/ü.efi'],
    ['...', undefined],
    ['..', undefined],
    ['../etc/passwd', undefined],
    ['a/../../etc/passwd', undefined],
    ['a\\..\\b', undefined],
    ['tftp://h/../etc/passwd', undefined],
    ['.hidden', undefined],
    ['a/.git/config', undefined],
    ['a\0.efi', undefined],
    ['a\n', undefined],
    ['', undefined],
    ['/', undefined],
    ['tftp://10.0.0.1/', undefined],
    ['n'.repeat(513), undefined],
  ])('%j is %s', (text, name) => {
    const plain = fileName(text);
    expect(plain.ok ? plain.name : undefined).toBe(name);
    if (!plain.ok) expect(plain.reason).not.toBe('');
  });

  it('never lets a name climb, and is stable', () => {
    const part = fc.constantFrom('..', '.', '/', '\\', 'a', 'tftp://h/', '.x', '\0', ' ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const plain = fileName(parts.join(''));
        if (!plain.ok) return;
        expect(plain.name.split('/')).not.toContain('..');
        expect(plain.name.startsWith('/')).toBe(false);
        expect(fileName(`/${plain.name}`)).toEqual(plain);
      }),
    );
  });
});
