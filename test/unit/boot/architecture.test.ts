import { describe, expect, it } from 'vitest';
import { chooseBootFile } from '#boot/architecture.js';

const URL = 'http://10.0.0.1/fog/service/ipxe/default.ipxe';
const URLS = { script: URL, file: (name: string) => `http://10.0.0.1/fog/service/ipxe/${name}` };
const choose = (client: Parameters<typeof chooseBootFile>[0], has = true) =>
  chooseBootFile(client, URLS, () => has);

describe('boot file by architecture (spec fos-protocol 1.1)', () => {
  it.each([
    [0, 'undionly.kpxe'],
    [2, 'i386-efi/snponly.efi'],
    [6, 'i386-efi/snponly.efi'],
    [7, 'snponly.efi'],
    [8, 'snponly.efi'],
    [9, 'snponly.efi'],
    [10, 'arm32-efi/snponly.efi'],
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

  it.each([
    [15, 'i386-efi/snponly.efi'],
    [16, 'snponly.efi'],
    [18, 'arm32-efi/snponly.efi'],
    [19, 'arm64-efi/snponly.efi'],
  ])('option 93 = %i boots %s from a URL', (arch, file) => {
    const client = { arch, isIpxe: false, isHttp: true };
    expect(choose(client)).toMatchObject({ kind: 'url', url: URLS.file(file) });
    expect(choose(client, false)).toMatchObject({ kind: 'none' });
  });

  it('takes the file that was named for the machine in place of that of its architecture', () => {
    expect(choose({ arch: 7, isIpxe: false, bootFile: 'ipxe.efi' })).toMatchObject({ file: 'ipxe.efi' });
    expect(choose({ arch: 99, isIpxe: false, bootFile: 'riscv.efi' })).toMatchObject({ file: 'riscv.efi' });
    expect(choose({ arch: 7, isIpxe: true, bootFile: 'ipxe.efi' })).toMatchObject({ url: URL });
  });

  it('says which file is missing', () => {
    const reason = 'no boot file for arch 6: import one (i386-efi/snponly.efi, for UEFI ia32)';
    expect(choose({ arch: 6, isIpxe: false }, false)).toMatchObject({ kind: 'none', reason });
    expect(choose({ arch: 99, isIpxe: false })).toMatchObject({
      kind: 'none',
      reason: 'no boot file for arch 99: import one and name it with boot_file in dhcp.classes',
    });
  });
});
