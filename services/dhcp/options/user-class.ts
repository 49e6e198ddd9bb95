/**
 * Option 77. RFC 3004 makes it a list of length-prefixed classes; iPXE sends the bare word `iPXE`, as ISC dhcpd's
 * configuration language led everybody to do. Read as RFC 3004 only where the lengths fit exactly.
 */
export function readUserClasses(bytes: Buffer | undefined): string[] {
  if (bytes === undefined || bytes.length === 0) return [];
  return (prefixed(bytes) ?? [bytes]).map((one) => one.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '?'));
}

function prefixed(bytes: Buffer): Buffer[] | undefined {
  const classes: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt8(at);
    const end = at + 1 + length;
    if (length === 0 || end > bytes.length) return undefined;
    classes.push(bytes.subarray(at + 1, end));
    at = end;
  }
  return classes;
}
