/** What may be kept of the name of somebody who logged in. */
const MOST = 64;

/**
 * The user of `MACHINE\user` or `user@domain`, in small letters (spec client-protocol 7.4). Empty where none is named. Text of a stranger: nothing
 * in it steers a terminal.
 */
export function loginName(text: string): string {
  const bare = text
    .slice(text.lastIndexOf('\\') + 1)
    .replace(/@.*$/s, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]/gu, '')
    .trim()
    .toLowerCase();
  return [...bare].slice(0, MOST).join('');
}
