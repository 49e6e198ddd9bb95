/**
 * Option 97: one type byte (0) and 16 bytes (RFC 4578 section 2.3). Firmware hands on the SMBIOS bytes, of which the first three
 * fields are little-endian; iPXE puts them in the order in which the UUID is written before it sends them.
 * Returns the UUID as people and FOS write it; undefined for other lengths and types and for the all-zero UUID of boards without one.
 */
export function readClientUuid(bytes: Buffer | undefined, order: 'smbios' | 'written'): string | undefined {
  if (bytes === undefined || bytes.length !== 17 || bytes[0] !== 0) return undefined;
  const uuid = Buffer.from(bytes.subarray(1));
  if (uuid.every((byte) => byte === 0)) return undefined;
  if (order === 'smbios') {
    uuid.subarray(0, 4).reverse();
    uuid.subarray(4, 6).reverse();
    uuid.subarray(6, 8).reverse();
  }
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
