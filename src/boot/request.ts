import { parseMacList } from '#domain/mac.js';

/**
 * How the asking iPXE can talk: `form` has the `params` command and posts (FOG's own builds, UEFI builds); `query` is stock BIOS iPXE
 * without `params`, `cpuid` and `colour`, which carries everything in the URL (lab: "Exec format error").
 */
export type Dialect = 'form' | 'query';

/** A request of `boot.php` (spec fos-protocol 1.5), reduced to what decides the answer. */
export interface BootRequest {
  readonly dialect: Dialect;
  /** All MACs of the machine, the booting one first. */
  readonly macs: readonly string[];
  readonly arch: 'x86_64' | 'i386' | 'arm64';
  readonly firmware: 'bios' | 'efi';
  /** SMBIOS UUID, lower case, if sent. Never used to find the host: duplicates exist. */
  readonly uuid?: string;
  /** iPXE's version, for the trace. */
  readonly ipxe?: string;
}

const MAC_FIELDS = ['macboot', 'mac', 'mac0', 'mac1', 'mac2', 'mac3', 'mac4', 'mac5', 'mac6', 'mac7'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the fields of a request, tolerating whatever an old or hostile client leaves out or adds. */
export function parseBootRequest(fields: ReadonlyMap<string, string>, dialect: Dialect): BootRequest {
  const uuid = fields.get('sysuuid')?.trim().toLowerCase() ?? '';
  const ipxe = fields.get('ipxever')?.slice(0, 40);
  return {
    dialect,
    macs: parseMacList(MAC_FIELDS.map((name) => fields.get(name) ?? '').join('|')),
    arch: archOf(fields.get('arch') ?? ''),
    firmware: fields.get('platform') === 'efi' ? 'efi' : 'bios',
    ...(UUID.test(uuid) ? { uuid } : {}),
    ...(ipxe ? { ipxe } : {}),
  };
}

/** Unknown words count as 64-bit PCs, which nearly all are. */
function archOf(text: string): BootRequest['arch'] {
  if (text.includes('arm')) return 'arm64';
  return text === 'i386' ? 'i386' : 'x86_64';
}
