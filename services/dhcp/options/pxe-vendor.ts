/**
 * Option 43 as PXE uses it: a space of sub-options of its own (PXE 2.1 section 2.2.3, RFC 4578 names the frame only).
 */

/** Bit 3 of PXE_DISCOVERY_CONTROL: boot the file of this very offer; no menu, no prompt, no discovery on port 4011. */
const USE_OFFERED_FILE = 8;
const DISCOVERY_CONTROL = 6;
const BOOT_ITEM = 71;
const END = 255;

export interface PxeVendorOptions {
  /** PXE_BOOT_ITEM of a boot-server request, echoed unchanged: a ROM refuses an answer for another item. */
  readonly bootItem?: Buffer;
}

export function encodePxeVendorOptions({ bootItem }: PxeVendorOptions): Buffer {
  const item = bootItem === undefined ? [] : [Buffer.of(BOOT_ITEM, bootItem.length), bootItem];
  return Buffer.concat([Buffer.of(DISCOVERY_CONTROL, 1, USE_OFFERED_FILE), ...item, Buffer.of(END)]);
}

/** What a client's option 43 asks for; junk reads as nothing. */
export function readPxeVendorOptions(bytes: Buffer | undefined): PxeVendorOptions {
  for (let at = 0; bytes !== undefined && at + 1 < bytes.length; ) {
    const code = bytes.readUInt8(at);
    if (code === END) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const end = at + 2 + bytes.readUInt8(at + 1);
    if (end > bytes.length) break;
    if (code === BOOT_ITEM && end - at - 2 === 4) return { bootItem: bytes.subarray(at + 2, end) };
    at = end;
  }
  return {};
}
