/** The little of tar (POSIX ustar) that a backup needs: plain files, so that `tar` can list and unpack it as well. */

export const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
}

/** Two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** Name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156, magic 257, version 263 (POSIX.1-2017, pax). */
export function tarHeader({ name, size, mode }: TarEntry, seconds: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new RangeError(`the name ${name} is too long for tar`);
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(seconds, 12), 136);
  header.write('0', 156);
  header.write('ustar\u000000', 257, 'latin1');
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Undefined for the empty block at the end; a text that says what is wrong where it is no header of a plain file. */
export function parseTarHeader(header: Buffer): TarEntry | string | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  if (header.toString('latin1', 257, 262) !== 'ustar') return 'it is no tar archive';
  if (number(header, 148, 8) !== checksum(header)) return 'a header is damaged';
  if (header.toString('latin1', 156, 157) !== '0') return 'it holds something else than plain files';
  const size = number(header, 124, 12);
  const mode = number(header, 100, 8);
  if (size === undefined || mode === undefined) return 'a header is damaged';
  return { name: text(header, 0, 100), size, mode };
}

/** Zeros that fill the last block of a file of this size. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Sum of all bytes, with the checksum itself read as spaces. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function text(header: Buffer, from: number, width: number): string {
  const field = header.subarray(from, from + width);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? width : end);
}

function number(header: Buffer, from: number, width: number): number | undefined {
  const digits = text(header, from, width).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
