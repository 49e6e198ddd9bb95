import { parseMacList } from '#domain/mac.js';
import { decodeBase64 } from './value.js';

/**
 * The MACs in a `mac` field (spec fos-protocol 3.1): plain where the kernel line has `mac=`, base64 of the live list where it has none.
 * The base64 of a MAC list never looks like a MAC list, so the form tells itself.
 */
export function macsOf(fields: ReadonlyMap<string, string>): string[] {
  const value = fields.get('mac') ?? '';
  const plain = parseMacList(value.replaceAll(/\s/g, ''));
  return plain.length > 0 ? plain : parseMacList(decodeBase64(value));
}
