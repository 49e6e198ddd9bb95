/**
 * Which boot file a machine gets: from DHCP option 93 (RFC 4578 section 2.1 and the IANA registry "Processor Architecture Types"),
 * the vendor class (option 60) and the user class (option 77). Source: spec fos-protocol section 1.1.
 */

export interface Architecture {
  /** Number of DHCP option 93. */
  readonly code: number;
  /** In words, as shown to people. */
  readonly name: string;
  readonly firmware: 'bios' | 'efi';
  /** Path under the boot-file store, or undefined when fogd knows no boot loader for it. */
  readonly bootFile?: string;
}

/** 2 and 8 are what some firmware says instead of 6 and 7: served as those. */
export const ARCHITECTURES: readonly Architecture[] = [
  { code: 0, name: 'BIOS', firmware: 'bios', bootFile: 'undionly.kpxe' },
  { code: 2, name: 'UEFI ia32 (as Itanium)', firmware: 'efi', bootFile: 'i386-efi/snponly.efi' },
  { code: 6, name: 'UEFI ia32', firmware: 'efi', bootFile: 'i386-efi/snponly.efi' },
  { code: 7, name: 'UEFI x64', firmware: 'efi', bootFile: 'snponly.efi' },
  { code: 8, name: 'UEFI x64 (as Xscale)', firmware: 'efi', bootFile: 'snponly.efi' },
  { code: 9, name: 'UEFI x64 (EBC)', firmware: 'efi', bootFile: 'snponly.efi' },
  { code: 10, name: 'UEFI arm32', firmware: 'efi', bootFile: 'arm32-efi/snponly.efi' },
  { code: 11, name: 'UEFI arm64', firmware: 'efi', bootFile: 'arm64-efi/snponly.efi' },
  { code: 15, name: 'UEFI ia32 HTTP boot', firmware: 'efi', bootFile: 'i386-efi/snponly.efi' },
  { code: 16, name: 'UEFI x64 HTTP boot', firmware: 'efi', bootFile: 'snponly.efi' },
  { code: 18, name: 'UEFI arm32 HTTP boot', firmware: 'efi', bootFile: 'arm32-efi/snponly.efi' },
  { code: 19, name: 'UEFI arm64 HTTP boot', firmware: 'efi', bootFile: 'arm64-efi/snponly.efi' },
];

const BY_CODE = new Map(ARCHITECTURES.map((architecture) => [architecture.code, architecture]));

/** The architecture of an option 93 number; unknown numbers are named by their number. */
export function architectureOf(code: number): Architecture {
  return BY_CODE.get(code) ?? { code, name: `architecture ${code}`, firmware: code === 0 ? 'bios' : 'efi' };
}

/** Whether the name is that of firmware that boots by HTTP without PXE. */
export function isHttpBoot(architectureName: string): boolean {
  return architectureName.endsWith(' HTTP boot');
}

/** What DHCP knows of a machine that wants to boot. */
export interface BootClient {
  /** First number of option 93, if sent. */
  readonly arch?: number;
  /** Option 60 as text. */
  readonly vendorClass?: string;
  /** Option 77 says iPXE, raw or in RFC 3004 form, or iPXE's own option 175 is there. */
  readonly isIpxe: boolean;
  /** Firmware that boots from a URL: option 60 begins with `HTTPClient`. */
  readonly isHttp?: boolean;
  /** What an admin named for this machine, in place of the file of its architecture. */
  readonly bootFile?: string;
}

/** Absolute URLs on the address that the machine can reach. */
export interface BootUrls {
  /** The boot script for iPXE. */
  readonly script: string;
  /** A file of the boot-file store. */
  readonly file: (name: string) => string;
}

export type BootChoice =
  | { readonly kind: 'file'; readonly file: string; readonly architecture: Architecture }
  /** iPXE is told the boot script's URL, firmware that boots by HTTP that of its boot loader. */
  | { readonly kind: 'url'; readonly url: string; readonly architecture: Architecture }
  | { readonly kind: 'none'; readonly reason: string; readonly architecture: Architecture };

/** The number in `PXEClient:Arch:00007:UNDI:…`, for ROMs that leave out option 93. */
const VENDOR_CLASS_ARCH = /^(?:PXE|HTTP)Client:Arch:(\d{5})/;

/** Chooses what a machine is to boot; `has` tells whether the boot-file store holds a file. */
export function chooseBootFile(
  client: BootClient,
  urls: BootUrls,
  has: (file: string) => boolean,
): BootChoice {
  const fromVendorClass = VENDOR_CLASS_ARCH.exec(client.vendorClass ?? '')?.[1];
  const code = client.arch ?? Number(fromVendorClass ?? 0);
  const architecture = architectureOf(code);
  if (client.isIpxe) return { kind: 'url', url: urls.script, architecture };
  const file = client.bootFile ?? architecture.bootFile;
  if (file !== undefined && has(file)) {
    return client.isHttp === true
      ? { kind: 'url', url: urls.file(file), architecture }
      : { kind: 'file', file, architecture };
  }
  const wanted =
    file === undefined ? 'and name it with boot_file in dhcp.classes' : `(${file}, for ${architecture.name})`;
  return { kind: 'none', reason: `no boot file for arch ${code}: import one ${wanted}`, architecture };
}
