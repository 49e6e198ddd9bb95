/**
 * Option 97: one type byte (0) and 16 bytes (RFC 4578 section 2.3). OVMF and iPXE both send the bytes of the SMBIOS table, whose first
 * three fields are little-endian. Returns the UUID as people and FOS write it; undefined for other lengths and types and for the
 * all-zero UUID of boards without one.
 */
export function readClientUuid(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length !== 17 || bytes[0] !== 0) return undefined;
  const uuid = Buffer.from(bytes.subarray(1));
  if (uuid.every((byte) => byte === 0)) return undefined;
  uuid.subarray(0, 4).reverse();
  uuid.subarray(4, 6).reverse();
  uuid.subarray(6, 8).reverse();
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
