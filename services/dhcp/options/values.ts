/**
 * Typed views on raw option bytes. A reader gives undefined where the length is not what the RFC says: the option then counts as
 * not sent, and its bytes stay in the packet untouched.
 */

export type OptionMap = ReadonlyMap<number, Buffer>;

export function readUint8(bytes: Buffer | undefined): number | undefined {
  return bytes?.length === 1 ? bytes.readUInt8(0) : undefined;
}

export function readUint16(bytes: Buffer | undefined): number | undefined {
  return bytes?.length === 2 ? bytes.readUInt16BE(0) : undefined;
}

/** An IPv4 address as number. */
export function readAddress(bytes: Buffer | undefined): number | undefined {
  return bytes?.length === 4 ? bytes.readUInt32BE(0) : undefined;
}

/**
 * Text up to the first NUL (some ROMs send the terminator); undefined when empty. Everything but printable ASCII becomes `?`: the
 * text is a stranger's and goes to logs, terminals and the trace.
 */
export function readText(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0);
  const text = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).replaceAll(/[^\x20-\x7e]/g, '?');
  return text === '' ? undefined : text;
}

/** Architectures of option 93: a list of 16-bit numbers of which the first is the one that boots (RFC 4578 section 2.1). */
export function readFirstArchitecture(bytes: Buffer | undefined): number | undefined {
  return bytes !== undefined && bytes.length >= 2 && bytes.length % 2 === 0
    ? bytes.readUInt16BE(0)
    : undefined;
}

/** Option 94: type 1 (UNDI), major and minor version (RFC 4578 section 2.2). */
export function readUndi(bytes: Buffer | undefined): string | undefined {
  return bytes?.length === 3 && bytes[0] === 1 ? `${bytes[1]}.${bytes[2]}` : undefined;
}

export function uint8(value: number): Buffer {
  return Buffer.of(value);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function addresses(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
}

/** Without terminator: RFC 2132 asks for none, and section 2 only tolerates it. */
export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
