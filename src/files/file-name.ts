/** Longest name that is looked up, in characters; the longest path Linux takes is far above what any boot loader asks for. */
const MAX_LENGTH = 512;

export type FileName =
  | { readonly ok: true; readonly name: string }
  /** `reason` completes the sentence "the name …". */
  | { readonly ok: false; readonly reason: string };

/**
 * The plain form `folder/file` of a name as clients write it: with or without a leading `/`, with backslashes (Windows boot
 * managers), doubled slashes, or as `tftp://host/…` (some firmware hands the whole URL of option 67 to its TFTP client).
 * Refused: anything that climbs (`..`), hidden names, control characters, an empty name.
 */
export function fileName(text: string): FileName {
  if (text.length > MAX_LENGTH) return { ok: false, reason: `is longer than ${MAX_LENGTH} characters` };
  if (/\p{Cc}/u.test(text)) return { ok: false, reason: 'has control characters' };
  const path = text.replace(/^tftp:\/\/[^/]*\//i, '').replaceAll('\\', '/');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) return { ok: false, reason: 'is empty' };
  if (parts.includes('..')) return { ok: false, reason: 'climbs out of its folder (..)' };
  if (parts.some((part) => part.startsWith('.')))
    return { ok: false, reason: 'is hidden (begins with a dot)' };
  return { ok: true, name: parts.join('/') };
}
