import { type BootChoice, chooseBootFile } from '#boot/architecture.js';
import { Option } from './options/codes.js';
import { encodePxeVendorOptions, readPxeVendorOptions } from './options/pxe-vendor.js';
import { addresses, text } from './options/values.js';
import type { Scene } from './verdict.js';

/** The boot part of an answer. */
export interface BootAnswer {
  readonly choice: BootChoice;
  /** Next server; 0 when there is nothing to boot. */
  readonly siaddr: number;
  /** The `sname` field: the server once more, for ROMs that look there. */
  readonly sname: Buffer;
  /** The `file` field; empty when the name is too long for it and stands in option 67 alone. */
  readonly file: Buffer;
  readonly options: ReadonlyMap<number, Buffer>;
}

/** The field is 128 bytes and ends with a NUL. */
const LONGEST_FILE = 127;
/** iPXE's sub-option 176: do not wait three seconds for a proxy's offer, this server says it all. */
const IPXE_NO_PROXY = Buffer.of(176, 1, 1);

/** True for whoever can make use of boot information: network-boot clients, and those that ask for a boot file by number. */
export function wantsBoot({ client }: Scene): boolean {
  return client.isBooting || client.arch !== undefined || client.asks.has(Option.BOOT_FILE);
}

/**
 * What the machine is to boot, in every place where firmware looks for it: siaddr, `sname` and `file`, options 66 and 67 even where it
 * forgot to ask for them, 150 where asked.
 */
export function bootAnswer(scene: Scene): BootAnswer {
  const { client, context, packet } = scene;
  const choice = choose(scene);
  const options = new Map<number, Buffer>();
  const nothing = Buffer.alloc(0);
  if (choice.kind === 'none') return { choice, siaddr: 0, sname: nothing, file: nothing, options };

  const { link, settings } = context;
  const name = text(choice.kind === 'url' ? choice.url : choice.file);
  options.set(Option.TFTP_SERVER, text(link.addressText));
  options.set(Option.BOOT_FILE, name);
  if (client.asks.has(Option.TFTP_ADDRESSES)) options.set(Option.TFTP_ADDRESSES, addresses(link.address));
  const isFirmware = client.isPxe && !client.isIpxe;
  // An offer of a proxy is none without `PXEClient`. In server mode iPXE does without, and firmware needs it for option 43 to be read.
  if (client.isHttp) options.set(Option.VENDOR_CLASS, text('HTTPClient'));
  else if (isFirmware || settings.mode === 'proxy') options.set(Option.VENDOR_CLASS, text('PXEClient'));
  if (isFirmware) {
    // Without discovery control some ROMs look for a boot server on port 4011 instead of taking the file.
    const asked = readPxeVendorOptions(packet.options.get(Option.VENDOR_SPECIFIC));
    options.set(Option.VENDOR_SPECIFIC, encodePxeVendorOptions(asked));
  }
  if (client.isIpxe && settings.mode === 'server') options.set(Option.IPXE, IPXE_NO_PROXY);
  return {
    choice,
    siaddr: link.address,
    sname: text(link.addressText),
    file: name.length <= LONGEST_FILE ? name : nothing,
    options,
  };
}

function choose({ client, context, given }: Scene): BootChoice {
  const choice = chooseBootFile(
    {
      isIpxe: client.isIpxe,
      isHttp: client.isHttp,
      ...(client.arch === undefined ? {} : { arch: client.arch }),
      ...(client.vendorClass === undefined ? {} : { vendorClass: client.vendorClass }),
      ...(given.bootFile === undefined ? {} : { bootFile: given.bootFile }),
    },
    context.urls,
    context.hasFile,
  );
  if (!client.isHttp || !context.hasLeftPxe(client.mac)) return choice;
  // Its menu would come a second time, and a third where the firmware has more such entries.
  const reason =
    'its iPXE, started by PXE, gave the boot back: the firmware tries HTTP boot on its way to the disk';
  return { kind: 'none', reason, architecture: choice.architecture };
}
