import { describe, expect, it } from 'vitest';
import { nearestName } from '#files/nearest-name.js';

const NAMES = ['undionly.kpxe', 'undionly.kkpxe', 'snponly.efi', 'i386-efi/ipxe.efi', 'bzImage', 'init.xz'];

describe('nearestName', () => {
  it.each([
    ['ipxe.efi', 'i386-efi/ipxe.efi'],
    ['UNDIONLY.KPXE', 'undionly.kpxe'],
    ['efi/snponly.efi', 'snponly.efi'],
    ['undionly.kpx', 'undionly.kpxe'],
    ['bzimage', 'bzImage'],
    ['snp.efi', undefined],
    ['pxelinux.0', undefined],
    ['grldr', undefined],
  ])('%s: %s', (missing, nearest) => {
    expect(nearestName(missing, NAMES)).toBe(nearest);
  });

  it('has nothing to offer where nothing is', () => {
    expect(nearestName('a', [])).toBeUndefined();
  });
});
