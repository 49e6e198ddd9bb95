/**
 * The values in what FOS posts (spec fos-protocol 0.3): base64 that comes wrapped, with raw `+` (a blank after form decoding), and usually
 * ends in an encoded newline.
 */

/** A base64 value: line breaks out, blanks back to `+`, decoded leniently, trimmed. */
export function decodeBase64(value: string): string {
  const compact = value.replaceAll(/[\r\n\t]/g, '').replaceAll(' ', '+');
  return Buffer.from(compact, 'base64').toString('utf8').trim();
}

/** A base64 value, or the bare digit 0 or nothing, which both mean "none" (spec 3.10). */
export function decodeOptional(value: string | undefined): string {
  const text = value?.trim() ?? '';
  return text === '' || text === '0' ? '' : decodeBase64(text);
}

/** A field of decoded base64; empty when it is missing. */
export function base64Field(fields: ReadonlyMap<string, string>, name: string): string {
  return decodeBase64(fields.get(name) ?? '');
}
