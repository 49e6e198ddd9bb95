import { ARCHITECTURES, type Architecture, type BootUrls, chooseBootFile } from '#boot/architecture.js';
import type { DhcpSettings } from '#settings/schema.js';

/** What another DHCP server is to say so that machines boot from fogd. */
export interface AdviceFacts {
  /** Where machines reach fogd, dotted. */
  readonly address: string;
  /** The boot script, for iPXE. */
  readonly scriptUrl: string;
  /** One for each architecture that fogd has a boot file for, in the order of their numbers. */
  readonly files: readonly AdvisedFile[];
  /** What is missing or cannot be said by another server; one sentence each. */
  readonly notes: readonly string[];
}

export interface AdvisedFile {
  readonly architecture: Architecture;
  /** Name of the file, or its URL where the firmware boots by HTTP. */
  readonly value: string;
  readonly isHttp: boolean;
}

/** HTTP boot has numbers of its own (IANA "Processor Architecture Types"). */
const FIRST_HTTP = 15;

export function adviceFacts(
  dhcp: Pick<DhcpSettings, 'classes' | 'hosts'>,
  address: string,
  urls: BootUrls,
  hasFile: (name: string) => boolean,
): AdviceFacts {
  const files: AdvisedFile[] = [];
  const missing: number[] = [];
  const notes: string[] = [];
  const isByArchOnly = (one: DhcpSettings['classes'][number]) =>
    one.arch !== undefined &&
    [one.mac_prefix, one.vendor_class, one.user_class, one.undi].every((match) => match === undefined);
  for (const architecture of ARCHITECTURES) {
    const { code } = architecture;
    const isHttp = code >= FIRST_HTTP;
    const own = dhcp.classes.findLast(
      (one) => one.boot_file !== undefined && isByArchOnly(one) && one.arch?.includes(code),
    );
    const client = {
      arch: code,
      isIpxe: false,
      isHttp,
      ...(own?.boot_file === undefined ? {} : { bootFile: own.boot_file }),
    };
    const choice = chooseBootFile(client, urls, hasFile);
    if (choice.kind === 'none') missing.push(code);
    else files.push({ architecture, value: choice.kind === 'url' ? choice.url : choice.file, isHttp });
  }
  if (missing.length > 0)
    notes.push(`no boot file for arch ${missing.join(', ')}: import one to boot such machines`);
  for (const one of dhcp.classes) {
    if (one.boot_file !== undefined && !isByArchOnly(one))
      notes.push(`class ${one.name} has a boot file of its own, ${one.boot_file}: add that by hand`);
  }
  for (const { mac, host, client_id, boot_file } of dhcp.hosts) {
    if (boot_file !== undefined)
      notes.push(`${mac ?? host ?? client_id} has a boot file of its own, ${boot_file}: add that by hand`);
  }
  return { address, scriptUrl: urls.script, files, notes };
}
