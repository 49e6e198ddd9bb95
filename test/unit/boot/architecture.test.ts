import { describe, expect, it } from 'vitest';
import { chooseBootFile } from '#boot/architecture.js';

const URL = 'http://10.0.0.1/fog/service/ipxe/default.ipxe';
const choose = (client: Parameters<typeof chooseBootFile>[0], has = true) =>
  chooseBootFile(client, URL, () => has);

describe('boot file by architecture (spec fos-protocol 1.1)', () => {
  it.each([
    [0, 'undionly.kpxe'],
    [2, 'i386-efi/snponly.efi'],
    [6, 'i386-efi/snponly.efi'],
    [7, 'snponly.efi'],
    [8, 'snponly.efi'],
    [9, 'snponly.efi'],
    [11, 'arm64-efi/snponly.efi'],
  ])('option 93 = %i loads %s', (arch, file) => {
    expect(choose({ arch, isIpxe: false })).toMatchObject({ kind: 'file', file });
  });

  it('reads the architecture of a ROM that leaves out option 93 from its vendor class', () => {
    expect(choose({ vendorClass: 'PXEClient:Arch:00007:UNDI:003016', isIpxe: false })).toMatchObject({
      file: 'snponly.efi',
    });
  });

  it("sends iPXE's second pass to the script, whatever its architecture", () => {
    expect(choose({ arch: 0, isIpxe: true })).toMatchObject({ kind: 'url', url: URL });
    expect(choose({ arch: 99, isIpxe: true }, false)).toMatchObject({ kind: 'url' });
  });

  it('says which file is missing', () => {
    const reason = 'no boot file for UEFI ia32: i386-efi/snponly.efi is missing';
    expect(choose({ arch: 6, isIpxe: false }, false)).toMatchObject({ kind: 'none', reason });
    expect(choose({ arch: 99, isIpxe: false })).toMatchObject({
      kind: 'none',
      reason: 'no boot file is known for architecture 99',
    });
  });
});
